from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pertinent.errors import RecordError, UsageError
from pertinent.ingest.chunker import Chunker
from pertinent.ingest.indexer import BATCH, REPORTED, IndexReport, index, prune
from pertinent.store.collection import create, open_reader
from pertinent.store.writer import EdgeWriter
from pertinent.types import Document
from support.fakes import EMBEDDER, BagOfWords


def word_offsets(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\w+", text)]


CHUNKER = Chunker(word_offsets, max_tokens=16, overlap=0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EdgeWriter]:
    writer = create(tmp_path / "c", EMBEDDER)
    yield writer
    writer.close()


def run(store: EdgeWriter, documents: list[Document], **options: object) -> IndexReport:
    report = IndexReport()
    given: dict[str, object] = {"on_broken": report.note, **options}
    index(documents, store, BagOfWords(), CHUNKER, report, **given)  # type: ignore[arg-type]
    return report


def counts(report: IndexReport) -> tuple[int, int, int, int]:
    return report.read, report.added, report.changed, report.unchanged


DOCUMENTS = [Document(str(n), f"Sentence number {n}. " * 12) for n in range(BATCH + 5)]


def test_the_same_input_twice_adds_nothing(store: EdgeWriter) -> None:
    first = run(store, DOCUMENTS)
    assert counts(first) == (BATCH + 5, BATCH + 5, 0, 0)
    assert first.passages == store.count() > len(DOCUMENTS)
    generation = store.manifest.generation
    assert counts(run(store, DOCUMENTS)) == (BATCH + 5, 0, 0, BATCH + 5)
    assert store.count() == first.passages
    assert store.manifest.documents == len(DOCUMENTS)
    assert store.manifest.generation == generation


def test_a_changed_document_replaces_its_passages(store: EdgeWriter) -> None:
    run(store, DOCUMENTS[:3])
    report = run(store, [Document("1", "Something else."), DOCUMENTS[2]])
    assert counts(report) == (2, 0, 1, 1)
    (stored,) = store.known(["1"]).values()
    assert [p.text for p in store.passages(stored.passage_ids)] == ["Something else."]


def test_of_two_with_one_id_the_later_one_stays(store: EdgeWriter) -> None:
    assert run(store, [Document("1", "Early."), Document("1", "Late.")]).repeated == 1
    (stored,) = store.known(["1"]).values()
    assert [p.text for p in store.passages(stored.passage_ids)] == ["Late."]


def test_a_field_that_contradicts_the_others_costs_no_document(store: EdgeWriter) -> None:
    ages: list[int | str] = [40, "old", 50]
    documents = [Document(str(n), f"Text {n}.", metadata={"age": age}) for n, age in enumerate(ages)]
    report = run(store, documents)
    assert (report.added, report.broken) == (3, 1)
    assert "'1'" in report.faults[0]
    assert run(store, documents).unchanged == 3


def test_a_document_that_moved_takes_its_new_source(store: EdgeWriter, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch()
    run(store, [Document("1", "Text.", source=str(old))])
    assert counts(run(store, [Document("1", "Text.", source=str(new))])) == (1, 0, 0, 1)
    old.rename(new)
    assert counts(run(store, [Document("1", "Text.", source=str(new))])) == (1, 0, 1, 0)
    assert [stored.source for stored in store.documents()] == [str(new)]
    assert store.count() == 1


def test_workers_change_nothing_but_the_pace(store: EdgeWriter, tmp_path: Path) -> None:
    run(store, DOCUMENTS, workers=4)
    alone = create(tmp_path / "alone", EMBEDDER)
    run(alone, DOCUMENTS, workers=1)
    assert list(store.documents()) == list(alone.documents())
    alone.close()


@pytest.mark.parametrize("workers", [0, 65])
def test_a_senseless_number_of_workers_is_refused(store: EdgeWriter, workers: int) -> None:
    with pytest.raises(UsageError):
        run(store, [], workers=workers)


def test_an_interrupted_run_keeps_and_publishes_what_was_acknowledged(
    store: EdgeWriter, tmp_path: Path
) -> None:
    def interrupted() -> Iterator[Document]:
        yield from DOCUMENTS
        raise KeyboardInterrupt

    report = IndexReport()
    with pytest.raises(KeyboardInterrupt):
        index(interrupted(), store, BagOfWords(), CHUNKER, report, on_broken=report.note)
    assert report.added == BATCH
    reader = open_reader(tmp_path / "c", EMBEDDER)
    assert reader.manifest.documents == BATCH
    reader.close()
    assert counts(run(store, DOCUMENTS)) == (BATCH + 5, 5, 0, BATCH)


def test_progress_is_told_after_each_batch(store: EdgeWriter) -> None:
    told: list[int] = []
    run(store, DOCUMENTS, progress=lambda report: told.append(report.read))
    assert told == [BATCH, BATCH + 5]


def test_prune_removes_what_the_paths_no_longer_hold(store: EdgeWriter, tmp_path: Path) -> None:
    def at(name: str, source: str) -> Document:
        return Document(name, f"Text of {name}.", source=str(tmp_path / source))

    places = {"kept": "in/a", "gone": "in/b", "broken": "in/c", "shut": "in/sub/d", "elsewhere": "out/e"}
    run(store, [at(name, source) for name, source in places.items()])
    report = IndexReport()
    report.note(RecordError("cut off", source=str(tmp_path / "in/c"), position="line 9"))
    report.note(RecordError("cannot be read", source=str(tmp_path / "in/sub"), position="whole folder"))
    prune(store, [tmp_path / "in"], {"kept"}, report)
    assert report.removed == 1
    assert [stored.id for stored in store.documents()] == ["broken", "elsewhere", "kept", "shut"]


def test_only_the_first_faults_are_told_and_all_are_counted() -> None:
    report = IndexReport()
    for number in range(REPORTED + 5):
        report.note(RecordError("no text", source="f", position=f"line {number}"))
    assert (report.broken, len(report.faults)) == (REPORTED + 5, REPORTED)
    assert report.to_dict()["broken_sources"] == ["f"]


def test_a_batch_of_books_ends_early(store: EdgeWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pertinent.ingest.indexer.BATCH_CHARS", 100)
    seen: list[int] = []
    run(store, DOCUMENTS[:3], progress=lambda report: seen.append(report.read))
    assert seen == [1, 2, 3]
