"""From a fresh clone to the finished demo, installation included, as a stranger meets it.

Usage: ``python benchmarks/fresh_start.py``. Clones the committed state into an empty folder, runs
``make demo`` twice with an empty data folder, and writes ``benchmarks/results/fresh_start.json``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import write_result

CHECKOUT = Path(__file__).parents[1]


def timed(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PERTINENT_")}
        environment |= {
            "PERTINENT_HOME": str(folder / "home"),
            "PIP_NO_CACHE_DIR": "1",  # a stranger has nothing in pip's cache
            "PYTHON": sys._base_executable,
        }
        environment.pop("VIRTUAL_ENV", None)
        clone = ["git", "clone", "--quiet", str(CHECKOUT), "clone"]
        seconds = {"clone": timed(clone, folder, environment)}
        seconds["install"] = timed(["make", ".venv/.core"], folder / "clone", environment)
        seconds["first demo"] = timed(["make", "demo"], folder / "clone", environment)
        seconds["second demo"] = timed(["make", "demo"], folder / "clone", environment)
        seconds["offline demo"] = timed(["make", "demo", "ARGS=--offline"], folder / "clone", environment)
    total = seconds["clone"] + seconds["install"] + seconds["first demo"]
    write_result("fresh_start", {"seconds": seconds, "clone to demo finished": total})


if __name__ == "__main__":
    main()
