"""Run benchmarks one after another, then write the docs from their results.

Usage: ``python benchmarks/run.py [SUITE or NAME ...]``; without names all of them. A suite's name counts
before that of a benchmark. One that fails does not keep the others from running.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent

SUITES = {
    "quality": ("quality", "judge_quality"),
    "worth": ("kb_worth",),
    "speed": (
        "engine_speed",
        "reranker_speed",
        "speed_steps",
        "pipeline_speed",
        "fresh_start",
        "crash_store",
    ),
    "serve": ("serve_load", "serve_fuzz", "mcp_start"),
}
ALL = tuple(name for names in SUITES.values() for name in names)


def benchmarks_of(names: Sequence[str]) -> tuple[str, ...]:
    """Benchmarks that these names mean, each once.

    Raises
    ------
    SystemExit
        If a name is neither a suite nor a benchmark.

    Examples
    --------
    >>> benchmarks_of(["quality", "crash_store", "quality"])
    ('quality', 'judge_quality', 'crash_store')
    """
    if unknown := set(names) - {*SUITES, *ALL}:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(dict.fromkeys((*SUITES, *ALL)))}")
    return tuple(dict.fromkeys(each for name in names or SUITES for each in SUITES.get(name, (name,))))


def main() -> None:
    failed = []
    for name in (*benchmarks_of(sys.argv[1:]), "write_docs"):
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, str(HERE / f"{name}.py")], check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
