"""Tools are scripts beside the package: tests import them and their parts by name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture(autouse=True)
def _tools_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))


@pytest.fixture(autouse=True, scope="module")
def _tools_are_forgotten() -> Iterator[None]:
    """After each file of tests, since their names are plain words."""
    yield
    own = {file.stem for file in TOOLS.iterdir()}
    for name in [name for name in sys.modules if name.split(".")[0] in own]:
        del sys.modules[name]
