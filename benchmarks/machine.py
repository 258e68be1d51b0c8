"""Where a result was measured, and where it is written."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
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
        "packages": {name: version(name) for name in PACKAGES},
    }


def write_result(name: str, values: dict[str, Any]) -> None:
    RESULTS.mkdir(exist_ok=True)
    stamped = {"measured": datetime.now(UTC).date().isoformat(), "machine": machine(), **values}
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(stamped, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(path)
