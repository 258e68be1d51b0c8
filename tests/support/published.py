"""Golden tests of published weights: run where the weights are, told and left out where they are not.

Mark a test ``@pytest.mark.published("qwen3-embedding-0.6b")`` and take the folder from the fixture
``published_folder``: it lies in the folder that ``PERTINENT_WEIGHTS`` names. These weights are no
part of the test material that everyone can fetch, so their absence is no skip that somebody forgot.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

MARK = "published"


def folder_of(name: str) -> Path | None:
    """Folder of published weights; None where they are not here."""
    beside = os.environ.get("PERTINENT_WEIGHTS")
    folder = Path(beside) / name if beside else None
    return folder if folder and (folder / "config.json").is_file() else None


def leave_out_absent(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Deselect tests whose weights are absent; returns the names of these weights."""
    absent: dict[str, list[pytest.Item]] = {}
    for item in items:
        mark = item.get_closest_marker(MARK)
        if mark and folder_of(mark.args[0]) is None:
            absent.setdefault(mark.args[0], []).append(item)
    left_out = [item for found in absent.values() for item in found]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    return sorted(absent)
