"""The log of a run: a line of JSON for each step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pertinent.store.files import disk_faults, write_atomically

LOG_FILE = "log.jsonl"


class TrainingLog:
    """Writes the log; steps after the one that a run goes on from are made again, so their lines go.

    Parameters
    ----------
    path : Path
        Made where it does not exist.
    step : int
        Updates that were made before.
    """

    def __init__(self, path: Path, step: int) -> None:
        with disk_faults("Writing the log"):
            path.parent.mkdir(parents=True, exist_ok=True)
            kept = [record for record in read_log(path) if record["step"] <= step]
            write_atomically(path, "".join(json.dumps(record) + "\n" for record in kept).encode())
            self._file = path.open("a", encoding="utf-8")

    def write(self, record: Mapping[str, Any]) -> None:
        """Add a line, which stands in the file when this returns."""
        with disk_faults("Writing the log"):
            self._file.write(json.dumps(record) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """Records of a log, in their order; what is no record, such as half a line, is passed over."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict) and type(record.get("step")) is int:
                yield record
