"""Benchmarks are scripts beside the package: tests import them by name."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Imports a script of the benchmarks; all are forgotten afterwards, since their names are plain words."""
    monkeypatch.syspath_prepend(str(FOLDER))
    yield importlib.import_module
    for name in {file.stem for file in FOLDER.glob("*.py")} & sys.modules.keys():
        del sys.modules[name]
