from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from pertinent.errors import DataError
from pertinent.evaluate.sources.opening import LAYOUTS, open_tasks
from support.judged_sets import locomo_sample, write_lines


@pytest.mark.parametrize(
    ("name", "split", "kinds"),
    [
        ("scifact", "test", ["retrieval"]),
        ("formats/mmlongbench", "test", ["retrieval"]),
        ("wikiqa", "dev", ["candidates"]),
        ("nli4ct/candidates.jsonl.gz", "dev", ["candidates"]),
        ("realtalk", "test", ["memory"]),
        ("locomo/conv-26.json.gz", "test", ["memory"]),
        ("screening", "test", ["screening"] * 9),
        ("screening/Nagtegaal_2019.jsonl.gz", "test", ["screening"]),
    ],
)
def test_published_sets_are_told_apart_quickly(
    data_folder: Path, name: str, split: str, kinds: list[str]
) -> None:
    begun = time.process_time()
    tasks = open_tasks(data_folder / name)
    assert time.process_time() - begun < 5
    assert [task.kind for task in tasks] == kinds
    assert {task.split for task in tasks} == {split}
    assert {task.language for task in tasks} == {"english"}
    assert [task.data_hash for task in open_tasks(str(data_folder / name))] == [
        task.data_hash for task in tasks
    ]
    for task in tasks:
        assert set(task.judgements) == set(task.queries)
        assert (task.documents is None) != (task.candidates is None)


@pytest.mark.parametrize("name", ["medline", "ag_news", "fhir_r4_examples", "synthea", "mtsamples", "."])
def test_other_folders_are_refused_with_what_is_known(data_folder: Path, name: str) -> None:
    with pytest.raises(DataError) as caught:
        open_tasks(data_folder / name)
    assert all(layout in caught.value.hint for layout in LAYOUTS)


def test_trec_and_locomo_by_content(tmp_path: Path) -> None:
    write_lines(tmp_path / "trec" / "topics.tsv", "1\tWhy?")
    write_lines(tmp_path / "trec" / "qrels.txt", "1 0 a 1")
    write_lines(tmp_path / "trec" / "corpus.tsv", "a\tText")
    assert [task.kind for task in open_tasks(tmp_path / "trec")] == ["retrieval"]
    write_lines(tmp_path / "talk.json", json.dumps([locomo_sample()]))
    assert [task.name for task in open_tasks(tmp_path / "talk.json")] == ["talk"]


@pytest.mark.parametrize("path", ["nowhere", "x" * 5000, "a\0b", "README.md/x"])
def test_what_is_not_there(tmp_path: Path, path: str) -> None:
    write_lines(tmp_path / "README.md", "x")
    with pytest.raises(DataError, match="There is no"):
        open_tasks(tmp_path / path)


def test_judgements_that_are_missing(tmp_path: Path) -> None:
    write_lines(tmp_path / "corpus.jsonl", "")
    write_lines(tmp_path / "queries.jsonl", "")
    with pytest.raises(DataError, match="there are: none"):
        open_tasks(tmp_path)
