from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.errors import CollectionNotFound, StoreError, UsageError
from pertinent.search.names import collection_names, collection_path, existing_path, names_for_hint
from pertinent.settings import load_settings


def test_names_lie_in_the_data_folder_and_paths_where_they_say(tmp_path: Path) -> None:
    assert collection_path("notes") == load_settings().collections / "notes"
    assert collection_path(tmp_path / "x") == tmp_path / "x"
    for wrong in ("", "no name", "a" * 200, "naïve", "~nosuchuser/x"):
        with pytest.raises(UsageError):
            collection_path(wrong)


def test_odd_and_damaged_folders_are_listed_too() -> None:
    folder = load_settings().collections
    for name in ("a", "a (copy)", "cut", ".a.1234.new"):
        (folder / name).mkdir(parents=True)
        (folder / name / "manifest.json").write_text("{")
    assert collection_names() == ["a", str(folder / "a (copy)"), "cut"]
    assert names_for_hint() == f"present: a, {folder / 'a (copy)'}, cut"


@pytest.mark.parametrize("fault", [PermissionError(13, "no"), OSError(5, "no")])
def test_a_hint_survives_a_data_folder_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, fault: OSError
) -> None:
    def broken(path: Path) -> None:
        raise fault

    load_settings().collections.mkdir(parents=True)
    monkeypatch.setattr(Path, "iterdir", broken)
    with pytest.raises(StoreError, match="Listing the collections failed"):
        collection_names()
    assert names_for_hint() == "the data folder cannot be read"


def test_a_folder_that_may_not_be_looked_into_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(path: Path) -> bool:
        raise PermissionError(13, "no")

    (load_settings().collections / "closed").mkdir(parents=True)
    monkeypatch.setattr(Path, "is_file", closed)
    assert collection_names() == ["closed"]


def test_a_collection_that_is_not_there_is_told_with_the_way_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(CollectionNotFound, match="no collection 'nowhere'") as caught:
        existing_path("nowhere")
    assert "pertinent index nowhere PATH" in caught.value.hint
