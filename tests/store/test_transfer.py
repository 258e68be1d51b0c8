"""Making one collection on disk equal to another; store/server/test_copies.py does it with a server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pertinent.errors import StoreError
from pertinent.store import collection
from pertinent.store.manifest import Manifest
from pertinent.store.protocol import Store
from pertinent.store.transfer import check_descent, make_equal, verify
from pertinent.store.vectors import Bm25Settings, EmbedderIdentity
from support.tiny_documents import EMBEDDER, encode

SOURCE = Manifest(
    EmbedderIdentity("mini", "1", 4), Bm25Settings(average_length=9.0), generation=7, identity="one", copied=3
)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Store]:
    with collection.create(tmp_path / "source", EMBEDDER) as writer:
        writer.replace([encode(f"d{number}", f"word{number} glucose") for number in range(30)])
        writer.publish()
    with collection.open_reader(tmp_path / "source", EMBEDDER) as reader:
        yield reader


def test_a_copy_holds_the_same_and_doing_it_again_sends_nothing(source: Store, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with collection.create_copy(tmp_path / "copy", source.manifest) as target:
        done = make_equal(source, target, lambda *of: told.append(of))
        assert (done.documents, done.sent, done.removed, done.agreement) == (30, 30, 0, 1.0)
        assert told[-1] == (30, 30)
        assert make_equal(source, target).sent == 0
    with collection.open_reader(tmp_path / "copy", EMBEDDER) as copy:
        assert list(copy.documents()) == list(source.documents())


@pytest.mark.parametrize(
    "target",
    [
        replace(SOURCE, identity="another"),
        replace(SOURCE, embedder=EmbedderIdentity("other", "1", 4)),
        replace(SOURCE, bm25=Bm25Settings("german", 9.0), generation=3),
        replace(SOURCE, generation=5, copied=4),
        replace(SOURCE, generation=8, copied=8),
    ],
)
def test_what_is_no_older_version_is_not_overwritten(target: Manifest) -> None:
    with pytest.raises(StoreError):
        check_descent(SOURCE, target)


@pytest.mark.parametrize("copied", [0, 3])
def test_an_older_version_is(copied: int) -> None:
    check_descent(SOURCE, replace(SOURCE, generation=3, copied=copied))


def test_a_difference_is_found(source: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = list(source.documents())
    with collection.create_copy(tmp_path / "copy", source.manifest) as target:
        with pytest.raises(StoreError, match="30 documents"):
            verify(source, target, documents)
        make_equal(source, target)
        monkeypatch.setattr(
            type(target),
            "vectors",
            lambda self, ids: dict.fromkeys(ids, np.ones(EMBEDDER.dimensions, np.float32)),
        )
        with pytest.raises(StoreError, match="vectors are not the same"):
            verify(source, target, documents)
