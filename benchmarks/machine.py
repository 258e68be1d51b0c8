"""Where a result was measured, and where it is written."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("pertinent", "numpy", "openvino", "qdrant-edge-py", "tokenizers")


def machine() -> dict[str, Any]:
    processor = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := installed(name))},
    }


def installed(package: str) -> str | None:
    """Version of a package; a machine with a GPU has only some of ours."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def write_result(name: str, values: dict[str, Any]) -> None:
    RESULTS.mkdir(exist_ok=True)
    stamped = {"measured": datetime.now(UTC).date().isoformat(), "machine": machine(), **values}
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(stamped, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(path)
