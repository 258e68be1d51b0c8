from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pytest

from pertinent.errors import DataError, FetchError, UsageError
from pertinent.evaluate.named import btzsc_sets
from pertinent.evaluate.named.btzsc_sets import GROUPS, LABELS, REVISION, btzsc_task, open_btzsc
from pertinent.evaluate.statistics.measures import measure, parse_metrics
from pertinent.rerankers.reranker import Reranker
from support.mteb_tasks import write_dataset

Row = dict[str, Any]
SENTENCES = ["This film review is negative", "This film review is positive"]


def rows(*texts: tuple[str, int | None], sentences: list[str] = SENTENCES, name: str = "") -> list[Row]:
    """Pairs as the benchmark stores them; None stands for a text whose label has no sentence."""
    return [
        {
            "text": text,
            "hypothesis": sentence,
            "labels": int(label == right),
            "label_text": name or str(right),
        }
        for text, right in texts
        for label, sentence in enumerate(sentences)
    ]


def test_the_labels_are_the_candidates_of_each_text() -> None:
    task = btzsc_task("imdb", rows(("Dull.", 0), ("Awful.", 0), ("Lovely.", 1)))
    assert (task.name, task.split, task.kind) == ("btzsc-imdb", "test", "candidates")
    assert task.queries == {"0": "Dull.", "1": "Awful.", "2": "Lovely."}
    assert task.judgements == {"0": {"0": 1}, "1": {"0": 1}, "2": {"1": 1}}
    assert task.candidates is not None
    assert all([row.text for row in found] == SENTENCES for found in task.candidates.values())


def test_precision_at_one_is_the_accuracy() -> None:
    task = btzsc_task("imdb", rows(("Dull.", 0), ("Awful.", 0), ("Lovely.", 1), ("Great.", 1)))
    run = {query: [("1", 2.0), ("0", 1.0)] for query in task.queries}
    values = measure(run, task, parse_metrics(["P@1"]))["P@1"]
    assert values == {"0": 0, "1": 0, "2": 1, "3": 1}


def test_texts_whose_label_has_no_sentence_are_left_out() -> None:
    task = btzsc_task("imdb", rows(("Dull.", 0), ("Odd.", None), ("Lovely.", 1)))
    assert list(task.queries) == ["0", "2"]


def test_of_yahoo_topics_the_texts_of_one_label_are_left_out_but_for_two() -> None:
    sentences = [f"This question is about topic {number}" for number in range(10)]
    business = rows(("a", 0), ("b", 0), ("c", 0), sentences=sentences, name="Business & Finance")
    task = btzsc_task("yahootopics", business + rows(("d", 3), sentences=sentences))
    assert list(task.queries.values()) == ["a", "b", "d"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda all_rows: all_rows[:-1],
        lambda all_rows: all_rows[1:] + all_rows[:1],
        lambda all_rows: [row | {"hypothesis": "Same"} for row in all_rows],
        lambda all_rows: [row | {"labels": 1} for row in all_rows],
        lambda all_rows: [*all_rows[:2], all_rows[3], all_rows[2]],
        lambda all_rows: [],
        lambda all_rows: [row for row in all_rows for _ in range(2)],
    ],
)
def test_rows_of_another_form_are_refused(spoil: Callable[[list[Row]], list[Row]]) -> None:
    with pytest.raises(DataError, match="not 2 label sentences"):
        btzsc_task("imdb", spoil(rows(("Dull.", 0), ("Lovely.", 1))))


def test_the_hash_follows_texts_and_labels() -> None:
    hashes = {
        btzsc_task(name, rows(*texts)).data_hash
        for name, texts in [
            ("imdb", [("Dull.", 0)]),
            ("imdb", [("Dull.", 1)]),
            ("imdb", [("Dull!", 0)]),
            ("trueteacher", [("Dull.", 0)]),
        ]
    }
    assert len(hashes) == 4


def test_groups_and_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(LABELS) == 22
    asked: list[tuple[str, ...]] = []

    def load(repository: str, name: str, *, split: str, revision: str) -> list[Row]:
        asked.append((repository, name, split, revision))
        return rows(("a", 0), sentences=[f"About {number}" for number in range(LABELS[name])])

    monkeypatch.setattr(datasets, "load_dataset", load)
    assert [task.name for task in open_btzsc("intent")] == [f"btzsc-{name}" for name in GROUPS["intent"]]
    assert len(open_btzsc()) == 22
    assert [task.name for task in open_btzsc("agnews", "test")] == ["btzsc-agnews"]
    assert asked[-1] == ("btzsc/btzsc", "agnews", "test", REVISION)


def test_rows_are_read_from_files_by_datasets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline_hub: None
) -> None:
    pairs = rows(("Dull.", 0), ("Lovely.", 1))
    write_dataset(tmp_path / "set", {"imdb": {"test": pairs}})
    monkeypatch.setattr(btzsc_sets, "REPOSITORY", str(tmp_path / "set"))
    (task,) = open_btzsc("imdb")
    assert task == btzsc_task("imdb", pairs)


def test_what_is_not_there_is_told(offline_hub: None) -> None:
    with pytest.raises(UsageError, match="no set nothing"):
        open_btzsc("nothing")
    with pytest.raises(UsageError, match="no split dev"):
        open_btzsc("agnews", "dev")
    with pytest.raises(FetchError, match="btzsc:agnews cannot be loaded") as caught:
        open_btzsc("agnews")
    assert "HF_HOME" in caught.value.hint


def test_the_carried_reranker_sorts_news_by_topic_better_than_chance(data_folder: Path) -> None:
    folder = data_folder / "ag_news"
    labels = json.loads((folder / "labels.json").read_text("utf-8"))["labels"]
    places = {label["label"]: place for place, label in enumerate(labels)}
    texts: list[tuple[str, int | None]] = []
    with gzip.open(folder / "test.jsonl.gz", "rt", encoding="utf-8") as lines:
        for _, line in zip(range(30), lines, strict=False):
            record = json.loads(line)
            texts.append((record["text"], places[record["label"]]))
    task = btzsc_task("agnews", rows(*texts, sentences=[label["sentence"] for label in labels]))
    assert task.candidates is not None
    reranker = Reranker()
    run = {
        query: [
            (task.candidates[query][item.index].document_id, item.score.margin)
            for item in reranker.rank(text, [row.text for row in task.candidates[query]])
        ]
        for query, text in task.queries.items()
    }
    values = measure(run, task, parse_metrics(["P@1"]))["P@1"]
    assert sum(values.values()) / len(values) > 0.4
