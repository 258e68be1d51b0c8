"""Conversions in processes of their own: started afresh, they find these functions and no test module."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pertinent.engine.checkpoint import open_checkpoint
from pertinent.engine.converted import converted


def convert_and_die(path: Path, cache: Path) -> None:
    """End without a word after two layers."""

    def die(done: int, total: int) -> None:
        if done == 2:
            os._exit(9)

    converted(open_checkpoint(path), "int8", cache, die)


def convert_together(path: Path, cache: Path, start: Any, conversions: Any) -> None:
    """Convert when all have come to the barrier; count those that had to."""
    start.wait()
    begun: list[int] = []
    converted(open_checkpoint(path), "int8", cache, lambda done, total: begun.append(done))
    if begun:
        with conversions.get_lock():
            conversions.value += 1
