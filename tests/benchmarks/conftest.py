"""Benchmarks are scripts beside the package: tests import them by name."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from support.carried_results import GIVEN, SEARCHED, SPLITS
from support.small_task import small_beir, small_candidates

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Imports a script of the benchmarks; all are forgotten afterwards, since their names are plain words."""
    monkeypatch.syspath_prepend(str(FOLDER))
    yield importlib.import_module
    for name in {file.stem for file in FOLDER.glob("*.py")} & sys.modules.keys():
        del sys.modules[name]


@pytest.fixture
def carried_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of data in which each set that the carried pair is judged by is the small one."""
    for make, names in ((small_beir, SEARCHED), (small_candidates, GIVEN)):
        for name in names:
            qrels = make(tmp_path / "data" / name) / "qrels"
            (qrels / "test.tsv.gz").rename(qrels / f"{SPLITS.get(name, 'test')}.tsv.gz")
    monkeypatch.setenv("PERTINENT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PERTINENT_HOME", str(tmp_path / "home"))
    return tmp_path / "data"
