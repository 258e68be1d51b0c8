"""The parts of an update; test_knowledge_base.py shows whole ones."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from pertinent.errors import RecordError, UnknownFormat
from pertinent.kb.folders import Folders
from pertinent.kb.knowledge_base import KnowledgeBase
from pertinent.kb.part import EVERYTHING, Part
from pertinent.kb.updating import Update, UpdateReport, known_files
from support.knowledge import write


def test_of_a_file_that_no_reader_knows_the_place_alone_is_kept() -> None:
    report = UpdateReport()
    report.note(UnknownFormat("no reader", source="/a/b.bin", position="", hint=""))
    assert (report.broken, report.faults, report.broken_sources) == (0, [], {"/a/b.bin"})
    report.note(RecordError("broken", source="/a/c.jsonl", position="line 1", hint=""))
    assert (report.broken, len(report.faults)) == (1, 1)
    assert report.to_dict()["broken_sources"] == ["/a/b.bin", "/a/c.jsonl"]


def test_what_is_remembered_of_a_part_is_of_that_part(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes)
    base.update()
    with Folders(base.collection.path) as remembered:
        (folder,) = remembered.all()
        everything = known_files(remembered, folder, EVERYTHING)
        assert len(everything) == 3
        part = known_files(remembered, folder, Part((notes / "sub",)))
        assert {Path(name).name for name in part} == {"rain.md", "wind.md"}
        assert known_files(remembered, folder, Part((notes.parent,))) == everything


def test_an_update_tells_what_it_will_do_before_it_does_it(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes)
    base.update()
    write(notes, tides="The sun pulls the sea too.", new="A new note.")
    (notes / "sub" / "rain.md").unlink()
    report = UpdateReport()
    with base.collection.writing(report) as store, Folders(base.collection.path) as remembered:
        update = Update(store, remembered, report)
        update.compare(EVERYTHING)
        assert (report.files, report.to_read, report.files_read) == (3, 2, 0)
        assert [document.id for document in update.documents()] == ["new.md", "tides.md"]
        assert report.files_read == 2
        update.remove_gone()
        assert report.removed == 1


def test_documents_of_a_file_of_many_records_are_named_by_both(base: KnowledgeBase, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "t.jsonl").write_text('{"id": "a", "text": "one"}\n{"id": "b", "text": "two"}\n')
    base.add(folder)
    base.update()
    with base.collection:
        names = Counter(document.id for document in base.collection.reader().documents())
    assert names == {"t.jsonl#a": 1, "t.jsonl#b": 1}
