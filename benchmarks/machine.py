"""Where a result was measured, and where it is written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pertinent.evaluate.machine import describe_machine, package_versions

RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, Any]:
    return {**describe_machine(), "packages": package_versions()}


def write_result(name: str, values: dict[str, Any]) -> None:
    RESULTS.mkdir(exist_ok=True)
    stamped = {"measured": datetime.now(UTC).date().isoformat(), "machine": machine(), **values}
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(stamped, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(path)
