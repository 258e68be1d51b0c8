from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import pytest

from pertinent.errors import CollectionMismatch, CollectionNotFound
from pertinent.search.collection import Collection
from pertinent.search.newest import Newest
from pertinent.types import Document
from support.fakes import EMBEDDER
from support.small_collection import found

OTHER = dataclasses.replace(EMBEDDER, revision="2")


def test_it_is_opened_once_and_reads_what_was_published_since(filled: Collection) -> None:
    newest = Newest(filled.path)
    store = newest.opened(EMBEDDER)
    assert store.count() == 3
    filled.add([Document("d", "Asthma narrows the airways.")])
    assert newest.opened(EMBEDDER) is store
    assert store.count() == 4
    newest.close()


def test_closed_it_opens_anew(filled: Collection) -> None:
    newest = Newest(filled.path)
    before = newest.opened()
    newest.close()
    newest.close()
    assert newest.opened() is not before
    newest.close()


def test_another_embedder_is_refused_at_the_first_time_and_later(filled: Collection) -> None:
    newest = Newest(filled.path)
    with pytest.raises(CollectionMismatch):
        newest.opened(OTHER)
    newest.opened()
    with pytest.raises(CollectionMismatch):
        newest.opened(OTHER)
    newest.close()


def test_what_is_not_there_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(CollectionNotFound):
        Newest(tmp_path / "absent").opened()


def test_a_search_sees_what_was_added_since_the_last(filled: Collection) -> None:
    with filled:
        assert "d" not in found(filled, "asthma")
        filled.add([Document("d", "Asthma narrows the airways.")])
        assert found(filled, "asthma", top_k=1) == ["d"]


def test_one_collection_serves_several_threads(filled: Collection) -> None:
    answers: list[list[str]] = []

    def ask() -> None:
        for _ in range(5):
            answers.append(found(filled, "Metformin lowers glucose", top_k=2))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    filled.close()
    assert answers == [["a", "c"]] * 30
