from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pertinent.errors import DataError
from pertinent.evaluate.sources.data_hash import data_hash
from support.judged_sets import write_lines


def test_what_changes_the_hash(tmp_path: Path) -> None:
    one, two = write_lines(tmp_path / "one", "a"), write_lines(tmp_path / "two", "b")
    packed = tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress(b"a"))
    same = data_hash("x", "test", {"corpus": one, "queries": two})
    assert len(same) == 32
    assert data_hash("x", "test", {"corpus": packed, "queries": two}) == same
    others = [
        data_hash("y", "test", {"corpus": one, "queries": two}),
        data_hash("x", "dev", {"corpus": one, "queries": two}),
        data_hash("x", "test", {"corpus": two, "queries": one}),
        data_hash("x", "test", {"corpus": one}),
        data_hash("x", "test", {"corpus": one, "queries": two}, "name"),
    ]
    assert len({same, *others}) == 6


def test_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"content" * 100)[:-12])
    with pytest.raises(DataError, match="gzip data"):
        data_hash("x", "test", {"corpus": tmp_path / "cut.gz"})
