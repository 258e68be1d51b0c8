"""Run the measurements one after another, then write the docs page from their results.

Usage: ``python benchmarks/run.py [NAME ...]``; without names all of them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ALL = (
    "quality",
    "engine_speed",
    "reranker_speed",
    "speed_steps",
    "judge_quality",
    "pipeline_speed",
    "crash_store",
    "fresh_start",
)


def main() -> None:
    chosen = sys.argv[1:] or ALL
    if unknown := set(chosen) - set(ALL):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(ALL)}")
    here = Path(__file__).parent
    for name in (*chosen, "write_docs"):
        print(f"== {name}", flush=True)
        subprocess.run([sys.executable, str(here / f"{name}.py")], check=True)


if __name__ == "__main__":
    main()
