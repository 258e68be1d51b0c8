from __future__ import annotations

from dataclasses import replace as changed
from pathlib import Path

import numpy as np
import pytest

from pertinent.errors import CollectionNotFound, LocalOnlyError, StoreError
from pertinent.store import collection, transfer
from pertinent.store.filters import parse_filters
from pertinent.store.protocol import Store
from pertinent.store.server.copies import pull, push
from pertinent.store.server.reader import ServerReader
from pertinent.store.server.writer import ServerWriter
from pertinent.types import Found
from support.servers import Connect
from support.tiny_documents import EMBEDDER, embed, encode

WORDS = ["alpha", "beta", "gamma", "delta", "iota", "kappa", "lambda", "sigma", "omega", "tau", "phi", "chi"]


def written(folder: Path, count: int = 12, **more: bool) -> Path:
    """A collection of documents of one to three passages, and one of none."""
    chance = np.random.default_rng(7)
    documents = [
        encode(
            f"d{number:03}",
            *(" ".join(chance.choice(WORDS, 8)) + f" n{number} p{part}" for part in range(1 + number % 3)),
            title=f"Title {number}",
            metadata={"number": number, "even": number % 2 == 0, "tags": ("x", f"t{number % 5}")},
            source=f"{number}.md",
        )
        for number in range(count)
    ]
    with collection.create(folder, EMBEDDER, **more) as writer:
        writer.replace([*documents, encode("empty")])
        writer.publish()
    return folder


def answers(store: Store, queries: list[str]) -> list[list[Found]]:
    """Dense and BM25 lists of each query, one after the other."""
    found = []
    for query in queries:
        lists = store.first_stage(query, embed([query])[0], 10, parse_filters("number>=5"))
        found += [list(lists.dense), list(lists.bm25)]
    return found


def test_there_and_back_answers_200_queries_alike(tmp_path: Path, server: Connect) -> None:
    folder = written(tmp_path / "one", count=30)
    steps: list[tuple[int, int]] = []
    pushed = push(folder, server, "there", progress=lambda done, total: steps.append((done, total)))
    assert (pushed.documents, pushed.sent, pushed.removed) == (31, 31, 0)
    assert pushed.agreement == 1.0
    assert steps[-1] == (31, 31)
    pulled = pull(server, "there", tmp_path / "two")
    assert (pulled.documents, pulled.passages, pulled.agreement) == (31, pushed.passages, 1.0)

    chance = np.random.default_rng(11)
    queries = [" ".join(chance.choice(WORDS, 3)) + f" n{number % 30}" for number in range(200)]
    with (
        collection.open_reader(folder, EMBEDDER) as here,
        ServerReader(server(), "there", EMBEDDER) as there,
        collection.open_reader(tmp_path / "two", EMBEDDER) as back,
    ):
        expected = answers(here, queries)
        assert sum(map(len, expected)) > 2000
        for store in (there, back):
            for given, wanted in zip(answers(store, queries), expected, strict=True):
                assert [one.passage for one in given] == [one.passage for one in wanted]
                assert [one.score for one in given] == pytest.approx([one.score for one in wanted], abs=1e-5)
        assert list(there.documents()) == list(here.documents()) == list(back.documents())
        assert there.manifest.fields == here.manifest.fields == back.manifest.fields


def test_again_sends_what_changed_alone(tmp_path: Path, server: Connect) -> None:
    folder = written(tmp_path / "one")
    push(folder, server, "there")
    assert (push(folder, server, "there").sent, push(folder, server, "there").removed) == (0, 0)
    with collection.open_writer(folder, EMBEDDER) as writer:
        writer.replace(
            [encode("d003", "another text"), encode("new", "a new text", metadata={"colour": "red"})]
        )
        writer.remove(["d004"])
        writer.publish()
    done = push(folder, server, "there")
    assert (done.sent, done.removed, done.documents) == (2, 1, 13)
    with ServerReader(server(), "there", EMBEDDER) as there:
        assert there.count(parse_filters("colour=red")) == 1
        assert "d004" not in {document.id for document in there.documents()}


def stop(done: int, total: int) -> None:
    raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches without a server are slow, and each test copies several times."""
    monkeypatch.setattr(transfer, "_SAMPLE", 4)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "_DOCUMENTS", 8)


def test_what_is_broken_off_is_not_seen_and_goes_on(
    tmp_path: Path, server: Connect, small_batches: None
) -> None:
    folder = written(tmp_path / "one")
    with pytest.raises(KeyboardInterrupt):
        push(folder, server, "there", progress=stop)
    with pytest.raises(StoreError, match="not complete"):
        ServerReader(server(), "there", EMBEDDER)
    done = push(folder, server, "there")
    assert done.sent == 13 - 8

    with pytest.raises(KeyboardInterrupt):
        pull(server, "there", tmp_path / "two", progress=stop)
    with pytest.raises(StoreError, match="not complete"):
        collection.open_reader(tmp_path / "two", EMBEDDER)
    assert pull(server, "there", tmp_path / "two").sent == 13 - 8


def test_half_a_copy_is_not_published_by_another_writer(
    tmp_path: Path, server: Connect, small_batches: None
) -> None:
    folder, copy = written(tmp_path / "one"), tmp_path / "two"
    with pytest.raises(KeyboardInterrupt):
        push(folder, server, "there", progress=stop)
    with pytest.raises(StoreError, match="published half"):
        ServerWriter(server(), "there", EMBEDDER)
    push(folder, server, "there")
    with pytest.raises(KeyboardInterrupt):
        pull(server, "there", copy, progress=stop)
    with pytest.raises(StoreError, match="published half"):
        collection.open_writer(copy, EMBEDDER)
    pull(server, "there", copy)
    with ServerWriter(server(), "there", EMBEDDER) as theirs, collection.open_writer(copy, EMBEDDER) as here:
        assert theirs.count() == here.count()


def test_a_later_copy_that_was_broken_off_is_told(
    tmp_path: Path, server: Connect, small_batches: None
) -> None:
    folder = written(tmp_path / "one")
    push(folder, server, "there")
    pull(server, "there", tmp_path / "two")
    with collection.open_writer(folder, EMBEDDER) as writer:
        writer.replace([encode("new", "a new text")])
        writer.publish()
    with pytest.raises(KeyboardInterrupt):
        push(folder, server, "there", progress=lambda done, total: stop(done, total) if done == 14 else None)
    with pytest.raises(StoreError, match="later version"):
        push(tmp_path / "two", server, "there")
    assert push(folder, server, "there").documents == 14


def test_what_a_dead_writer_did_not_publish_is_not_overwritten(
    tmp_path: Path, server: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path / "one")
    push(folder, server, "there")
    theirs = ServerWriter(server(), "there", EMBEDDER)
    theirs.replace([encode("theirs", "written on the server")])
    theirs.close()
    with collection.open_writer(folder, EMBEDDER) as writer:
        writer.replace([encode("d001", "another text")])
        writer.publish()
    with pytest.raises(StoreError, match="not published"):
        push(folder, server, "there")
    with ServerWriter(server(), "there", EMBEDDER) as again:
        again.publish()
        assert "theirs" in again.known(["theirs"])
    with pytest.raises(StoreError, match="was changed"):
        push(folder, server, "there")


def test_what_was_not_published_here_is_not_overwritten(tmp_path: Path, server: Connect) -> None:
    folder = written(tmp_path / "one")
    push(folder, server, "there")
    with ServerWriter(server(), "there", EMBEDDER) as theirs:
        theirs.replace([encode("theirs", "written on the server")])
        theirs.publish()
    with collection.open_writer(folder, EMBEDDER) as writer:
        writer.replace([encode("ours", "written here")])
    with pytest.raises(StoreError, match="not published"):
        pull(server, "there", folder)


def test_another_collection_is_not_overwritten(tmp_path: Path, server: Connect) -> None:
    push(written(tmp_path / "one"), server, "there")
    other = written(tmp_path / "other")
    with pytest.raises(StoreError, match="Another collection"):
        push(other, server, "there")
    with pytest.raises(StoreError, match="Another collection"):
        pull(server, "there", other)


def test_what_changed_on_both_sides_is_not_lost(tmp_path: Path, server: Connect) -> None:
    folder = written(tmp_path / "one")
    push(folder, server, "there")
    with ServerWriter(server(), "there", EMBEDDER) as writer:
        writer.replace([encode("theirs", "written on the server")])
        writer.publish()
    with pytest.raises(StoreError, match="was changed"):
        push(folder, server, "there")
    assert pull(server, "there", folder).sent == 1
    with collection.open_writer(folder, EMBEDDER) as local:
        local.replace([encode("ours", "written here")])
        local.publish()
    assert push(folder, server, "there").sent == 1
    with collection.open_writer(folder, EMBEDDER) as local:
        local.remove(["ours"])
        local.publish()
    with ServerWriter(server(), "there", EMBEDDER) as writer:
        writer.remove(["theirs"])
        writer.publish()
    for copy in (lambda: push(folder, server, "there"), lambda: pull(server, "there", folder)):
        with pytest.raises(StoreError, match="was changed"):
            copy()


def test_local_only_stays_here_whatever_the_address(tmp_path: Path) -> None:
    folder = written(tmp_path / "one", local_only=True)

    def never() -> None:
        raise AssertionError("reached the server")

    with pytest.raises(LocalOnlyError):
        push(folder, never, "there")


def test_a_damaged_copy_is_not_published(
    tmp_path: Path, server: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path / "one")
    whole = ServerWriter.replace

    def lossy(self: ServerWriter, documents: list) -> None:
        whole(self, [changed(document, vectors=-document.vectors) for document in documents])

    monkeypatch.setattr(ServerWriter, "replace", lossy)
    with pytest.raises(StoreError, match="vectors are not the same"):
        push(folder, server, "there")
    monkeypatch.setattr(ServerWriter, "replace", lambda self, documents: whole(self, documents[:-1]))
    with pytest.raises(StoreError, match="does not agree"):
        push(folder, server, "elsewhere")
    for name in ("there", "elsewhere"):
        with pytest.raises(StoreError, match="not complete"):
            ServerReader(server(), name, EMBEDDER)


def test_nothing_to_copy(tmp_path: Path, server: Connect) -> None:
    collection.create(tmp_path / "empty", EMBEDDER).close()
    with pytest.raises(StoreError, match="holds nothing"):
        push(tmp_path / "empty", server, "there")
    with pytest.raises(CollectionNotFound):
        pull(server, "absent", tmp_path / "new")
    assert not (tmp_path / "new").exists()
