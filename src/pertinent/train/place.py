"""Where a training run finds things, and on what it runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run finds things and on what it runs.

    Parameters
    ----------
    data : Path
        Folder of data sets.
    weights : Path | None
        Folder of bases.
    device : str
        As torch names it, or ``"auto"``.
    seconds : float | None
        Of this call at most for ``distil``; the next call goes on.
    part_bytes : int | None
        Files of checkpoints are cut into parts of so many bytes.
    """

    data: Path
    weights: Path | None = None
    device: str = "auto"
    seconds: float | None = None
    part_bytes: int | None = None
