from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pertinent import Document
from pertinent.errors import CollectionLocked, DataError, StoreError, UsageError
from pertinent.ingest.added import added_id
from pertinent.ingest.detect import listed
from pertinent.kb.folders import FOLDERS_FILE, Folders
from pertinent.kb.knowledge_base import KnowledgeBase, knowledge_bases
from pertinent.kb.part import EVERYTHING, Part
from pertinent.kb.updating import UpdateReport
from pertinent.search.collection import Collection
from pertinent.settings import load_settings
from support.fakes import BagOfWords
from support.knowledge import found, held, knowledge_base, write


def did(report: UpdateReport) -> tuple[int, int, int]:
    return report.added, report.changed, report.removed


def test_files_become_documents_named_by_their_path(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes)
    report = base.update()
    assert (report.files, report.to_read, report.added) == (3, 3, 3)
    assert found(base, "clouds and rain")[0] == "sub/rain.md"
    assert sorted(held(base)) == ["sub/rain.md", "sub/wind.md", "tides.md"]


def test_only_what_changed_is_read_again(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes)
    base.update()
    assert (base.update().to_read, base.update().read) == (0, 0)
    write(notes, tides="The sun pulls too.", new="New.")
    (notes / "sub" / "wind.md").unlink()
    assert did(base.update()) == (1, 1, 1)
    assert sorted(held(base)) == ["new.md", "sub/rain.md", "tides.md"]


def test_a_renamed_folder_takes_its_documents_along(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes)
    base.update()
    (notes / "sub").rename(notes / "weather")
    base.update()
    assert sorted(held(base)) == ["tides.md", "weather/rain.md", "weather/wind.md"]


def test_an_update_of_a_part_looks_nowhere_else(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes)
    base.update()
    write(notes, tides="Changed.", sub__rain="Changed too.")
    (notes / "sub" / "wind.md").unlink()
    part = Part([notes / "sub" / "wind.md", notes / "tides.md"])
    assert base.differs(part)
    assert did(base.update(part)) == (0, 1, 1)
    assert not base.differs(part)
    assert base.differs(Part([notes / "sub"]))


def test_two_folders_do_not_get_in_each_others_way(base: KnowledgeBase, notes: Path, tmp_path: Path) -> None:
    write(tmp_path / "other" / "notes", tides="Another tide.")
    base.add(notes)
    base.add(tmp_path / "other" / "notes")
    base.update()
    assert sorted(held(base)) == ["notes//tides.md", "sub/rain.md", "sub/wind.md", "tides.md"]
    (notes / "tides.md").unlink()
    base.update()
    assert sorted(held(base)) == ["notes//tides.md", "sub/rain.md", "sub/wind.md"]
    assert base.remove(notes) == 2
    assert sorted(held(base)) == ["notes//tides.md"]
    assert [folder.prefix for folder in base.folders()] == ["notes//"]


def test_folders_within_one_another_are_refused(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes / "sub")
    with pytest.raises(UsageError, match="in one another"):
        base.add(notes)


def test_a_text_that_was_added_stays_though_its_source_is_a_file(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes)
    base.update()
    sources = [str(notes / name) for name in ("tides.md", "gone.md")]
    ids = [added_id("", "A thought.", source, "") for source in sources]
    added = zip(ids, sources, strict=True)
    base.collection.add([Document(id, "A thought.", source=source) for id, source in added])
    write(notes, tides="The moon, and the sun.")
    assert did(base.update()) == (0, 1, 0)
    base.remove(notes)
    assert sorted(held(base)) == sorted(ids)


def test_what_others_brought_in_stays(base: KnowledgeBase, notes: Path, tmp_path: Path) -> None:
    write(tmp_path, single="A single note.")
    base.collection.index([tmp_path / "single.md"])
    base.add(notes)
    base.update()
    base.remove(notes)
    assert len(held(base)) == 1


def test_patterns_are_kept_and_changed(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes, ["sub/*"])
    base.add(notes)
    base.update()
    assert sorted(held(base)) == ["sub/rain.md", "sub/wind.md"]
    base.add(notes, ["t*"])
    base.update()
    assert sorted(held(base)) == ["tides.md"]


def test_a_broken_file_is_told_and_keeps_what_was_indexed(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes)
    base.update()
    (notes / "tides.md").write_bytes(b"half a \xff file")
    (notes / "image.png").write_bytes(b"\0\0")
    report = base.update()
    assert (report.broken, report.unknown, report.removed) == (1, {".png": 1}, 0)
    assert "tides.md" in held(base)
    assert base.update().broken == 1
    assert not base.differs(Part([notes]))
    write(notes, tides="Whole again.")
    assert did(base.update()) == (0, 1, 0)


def test_records_that_a_file_lost_are_removed(base: KnowledgeBase, notes: Path) -> None:
    table = notes / "table.jsonl"
    table.write_text('{"id": "1", "text": "One."}\n{"id": "2", "text": "Two."}\n')
    base.add(notes)
    base.update()
    assert {"table.jsonl#1", "table.jsonl#2"} <= held(base).keys()
    table.write_text('{"id": "2", "text": "Two."}\n')
    assert did(base.update()) == (0, 0, 1)
    assert "table.jsonl#1" not in held(base)


def test_a_folder_that_is_not_there_keeps_its_documents(
    base: KnowledgeBase, notes: Path, tmp_path: Path
) -> None:
    base.add(notes)
    base.update()
    notes.rename(tmp_path / "away")
    report = base.update()
    assert (report.broken, report.removed, len(held(base))) == (1, 0, 3)
    (tmp_path / "away").rename(notes)
    assert did(base.update()) == (0, 0, 0)


def test_a_folder_that_cannot_be_read_keeps_its_documents(
    base: KnowledgeBase, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.add(notes)
    base.update()

    def refusing(folder: Path) -> tuple[list[Path], list[Path]]:
        if folder == notes / "sub":  # by its mode it could be refused to no superuser
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr("pertinent.kb.walking.listed", refusing)
    report = base.update()
    assert (report.broken, report.removed, len(held(base))) == (1, 0, 3)


def test_an_interrupted_update_goes_on(
    base: KnowledgeBase, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pertinent.ingest.indexer.BATCH", 2)
    write(notes, **{f"n{number}": f"Note {number}." for number in range(5)})
    base.add(notes)

    def stop(report: UpdateReport) -> None:
        if report.read == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        base.update(progress=stop)
    assert len(held(base)) == 4
    report = base.update()
    assert (report.to_read, report.added) == (8 - 3, 4)  # the last batch's last file was not yet finished


def test_without_its_memory_it_reads_again_and_removes_what_is_gone(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes)
    base.update()
    (base.collection.path / FOLDERS_FILE).unlink()
    (notes / "tides.md").unlink()
    base.add(notes)
    report = base.update()
    assert (report.to_read, report.unchanged, report.removed) == (2, 2, 1)


def test_documents_that_the_collection_lost_come_back(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes)
    base.update()
    with base.collection.writing(UpdateReport()) as store:
        store.remove(["tides.md"])
    assert did(base.update()) == (1, 0, 0)


def test_a_changed_release_reads_again(
    base: KnowledgeBase, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.add(notes)
    base.update()
    monkeypatch.setattr("pertinent.kb.comparing._release", lambda: b"another")
    assert base.update().to_read == 3


def test_a_local_only_base_is_marked(tmp_path: Path, notes: Path) -> None:
    base = knowledge_base(tmp_path / "kb", local_only=True)
    base.add(notes)
    assert Collection(tmp_path / "kb", embedder=BagOfWords()).local_only


def test_what_is_no_folder_is_refused_and_makes_nothing(base: KnowledgeBase, notes: Path) -> None:
    for path, words in ((notes / "tides.md", "no folder"), (notes / "absent", "no folder at")):
        with pytest.raises(DataError, match=words):
            base.add(path)
    with pytest.raises(UsageError, match="no pattern"):
        base.add(notes, ["../*"])
    assert not base.collection.path.exists()
    assert base.folders() == []
    with pytest.raises(UsageError, match="no folder of"):
        base.remove(notes)


def test_a_collection_is_no_folder_of_documents(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes)
    with pytest.raises(DataError, match="is a collection"):
        base.add(base.collection.path)


def test_the_knowledge_bases_of_the_data_folder(notes: Path) -> None:
    home = load_settings().collections
    knowledge_base(home / "with").add(notes)
    with knowledge_base(home / "without").collection.writing(UpdateReport()):
        pass
    assert [base.collection.name for base in knowledge_bases()] == ["with"]


def test_a_deleted_collection_takes_its_memory_along(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes)
    base.collection.delete()
    assert base.folders() == []
    base.add(notes)
    assert base.update().added == 3


def test_files_are_remembered_only_when_they_are_stored(
    base: KnowledgeBase, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.add(notes)

    def fail(*_: object) -> None:
        raise OSError("no")

    with monkeypatch.context() as patch:
        patch.setattr(BagOfWords, "embed_documents", fail)
        with pytest.raises(OSError, match="no"):
            base.update()
    with Folders(base.collection.path) as remembered:
        assert remembered.files(notes) == {}
    assert base.update().added == 3
    shutil.rmtree(notes / "sub")
    assert base.update().removed == 2


@pytest.mark.parametrize("nothing", ["", " \n"])
def test_an_emptied_file_loses_its_documents_and_is_no_fault(
    base: KnowledgeBase, notes: Path, nothing: str
) -> None:
    write(notes, always=nothing)
    base.add(notes)
    report = base.update()
    assert (report.files, report.broken, report.added) == (3, 0, 3)
    write(notes, tides=nothing)
    assert base.differs(Part([notes / "tides.md"]))
    report = base.update()
    assert (report.files, report.broken, report.removed) == (2, 0, 1)
    assert not base.differs(EVERYTHING)
    write(notes, tides="Again.")
    assert did(base.update()) == (1, 0, 0)


def test_a_folder_that_is_followed_is_added_again_while_somebody_writes(
    base: KnowledgeBase, notes: Path
) -> None:
    folder = base.add(notes, ["*.md"])
    with base.collection.writing(UpdateReport()):
        assert base.add(notes) == base.add(notes, ["*.md"]) == folder
        with pytest.raises(CollectionLocked):
            base.add(notes, ["*.txt"])


def test_a_file_becomes_a_folder_and_a_file_again(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes)
    base.update()
    (notes / "tides.md").unlink()
    write(notes, **{"tides.md__in": "Below."})
    base.update(Part([notes / "tides.md"]))
    assert sorted(held(base)) == ["sub/rain.md", "sub/wind.md", "tides.md/in.md"]
    shutil.rmtree(notes / "tides.md")
    write(notes, tides="Again.")
    base.update(Part([notes / "tides.md"]))
    assert sorted(held(base)) == ["sub/rain.md", "sub/wind.md", "tides.md"]


def test_odd_names_are_names(base: KnowledgeBase, tmp_path: Path) -> None:
    for folder in ("first", "-dash", "a\nline"):
        write(tmp_path / folder, **{"-x": "A dash.", "new\nline": "A line."})
        base.add(f"/{tmp_path}//{folder}/")
    base.update()
    assert sorted(held(base)) == sorted(
        f"{prefix}{name}.md" for prefix in ("", "-dash//", "a\nline//") for name in ("-x", "new\nline")
    )
    assert base.remove(tmp_path / "-dash") == 2
    assert base.update().to_read == 0


def test_a_folder_whose_name_is_no_text_is_refused(base: KnowledgeBase, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"bad\xff")
    folder.mkdir()
    for path, words in ((folder, "not valid UTF-8"), ("a\0b", "no folder")):
        with pytest.raises(DataError, match=words) as caught:
            base.add(path)
        str(caught.value).encode()


@pytest.mark.parametrize("name", ["manifest.json", "server.json"])
def test_a_folder_with_a_file_named_like_one_of_ours_is_followed(
    base: KnowledgeBase, notes: Path, name: str
) -> None:
    (notes / name).write_text('{"name": "an extension of a browser"}')
    base.add(notes)
    base.update()
    assert "tides.md" in held(base)


def test_a_damaged_memory_is_told_and_can_be_made_anew(base: KnowledgeBase, notes: Path) -> None:
    base.add(notes)
    base.update()
    memory = base.collection.path / FOLDERS_FILE
    memory.write_bytes(b"no database" * 500)
    with pytest.raises(StoreError, match="damaged") as caught:
        base.update()
    assert str(memory) in caught.value.hint
    memory.unlink()
    base.add(notes)
    assert did(base.update()) == (0, 0, 0)
