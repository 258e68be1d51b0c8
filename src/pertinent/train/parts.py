"""Files in parts of bounded size, for places that only small files pass through."""

from __future__ import annotations

import os
import re
from pathlib import Path

_PART = re.compile(r".*\.\d{3}")


def write_parts(path: Path, data: bytes, part_bytes: int | None) -> None:
    """Write a file as it is or, where it is larger than ``part_bytes``, as ``NAME.000``, ``NAME.001``, ..."""
    whole = part_bytes is None or len(data) <= part_bytes
    step = max(1, len(data)) if part_bytes is None or whole else part_bytes
    for number, start in enumerate(range(0, max(1, len(data)), step)):
        target = path if whole else path.with_name(f"{path.name}.{number:03d}")
        with target.open("wb") as file:
            file.write(memoryview(data)[start : start + step])
            file.flush()
            os.fsync(file.fileno())


def has_file(path: Path) -> bool:
    """Whether there is a file, whole or in parts."""
    return path.exists() or path.with_name(f"{path.name}.000").exists()


def read_parts(path: Path) -> bytes:
    """Read what ``write_parts`` wrote.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    parts = sorted(part for part in path.parent.glob(f"{path.name}.*") if _PART.fullmatch(part.name))
    return path.read_bytes() if path.exists() or not parts else b"".join(part.read_bytes() for part in parts)
