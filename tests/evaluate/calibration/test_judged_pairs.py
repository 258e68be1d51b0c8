from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pertinent.errors import DataError, UsageError
from pertinent.evaluate.calibration import judged_pairs
from pertinent.evaluate.calibration.judged_pairs import read_pairs
from support.judged_files import candidates, labelled, training, write_lines


def told(path: Path, **options: Any) -> set[tuple[str, str, bool]]:
    return {(pair.query, pair.text, pair.relevant) for pair in read_pairs(path, **options)}


def test_of_candidates_only_judged_ones_are_read(tmp_path: Path) -> None:
    expected = {
        ("query 1", "text 1 1"),
        ("query 1", "text 1 2"),
        ("query 2", "text 2 1"),
        ("query 2", "text 2 2"),
    }
    found = told(candidates(tmp_path))
    assert {(query, text) for query, text, _ in found} == expected
    assert {text for _, text, relevant in found if relevant} == {"text 1 1", "text 2 2"}
    assert {text for _, text, relevant in told(tmp_path, least_grade=2) if relevant} == {"text 1 1"}


def test_training_pairs_are_a_positive_and_negatives(tmp_path: Path) -> None:
    training(training(tmp_path, "train"), "dev")
    expected = {("good", True), ("poor", False), ("other", False)}
    assert told(tmp_path) == {("dev query", *pair) for pair in expected}  # rather than train
    assert told(tmp_path, split="train") == {("train query", *pair) for pair in expected}
    assert told(tmp_path / "pairs.train.jsonl.gz") == told(tmp_path, split="train")
    with pytest.raises(DataError, match="no split test"):
        read_pairs(tmp_path, "test")


def test_a_test_split_is_taken_only_where_there_is_no_other(tmp_path: Path) -> None:
    candidates(tmp_path, "test")
    assert len(read_pairs(tmp_path)) == 4
    (tmp_path / "qrels" / "train.tsv").write_text("q1\td13\t1\n")
    assert told(tmp_path) == {("query 1", "text 1 3", True)}


def test_labelled_lines(tmp_path: Path) -> None:
    pairs = read_pairs(labelled(tmp_path / "some.jsonl"))
    assert (len(pairs), sum(pair.relevant for pair in pairs)) == (30, 10)
    assert len({pair.query_id for pair in pairs}) == 10
    assert any(pair.text == "Opening hours\nThe museum opens at nine." for pair in pairs)
    rows = [{"query": "q", "query_id": n, "text": "t", "label": 2.5 * n} for n in (0, 1, 2)]
    file = write_lines(tmp_path / "ids.jsonl", rows)
    assert {pair.query_id: pair.relevant for pair in read_pairs(file)} == {"0": False, "1": True, "2": True}
    assert [pair.relevant for pair in read_pairs(file, least_grade=3)].count(True) == 1


@pytest.mark.parametrize("limit", [1, 2, 10, 29, 30, 100])
def test_a_sample_is_bounded_the_same_each_time_and_of_whole_queries(tmp_path: Path, limit: int) -> None:
    file = labelled(tmp_path / "some.jsonl")
    sample = read_pairs(file, limit=limit)
    assert len(sample) == min(limit, 30)
    lines = file.read_text().splitlines()
    file.write_text("\n".join(reversed(lines)))
    assert read_pairs(file, limit=limit) == sample
    counts = [sum(pair.query_id == query for pair in sample) for query in {pair.query_id for pair in sample}]
    assert sum(count < 3 for count in counts) <= 1
    assert sample == read_pairs(file)[:limit]


def test_another_seed_is_another_sample(tmp_path: Path) -> None:
    file = labelled(tmp_path / "some.jsonl")
    assert {pair.query for pair in read_pairs(file, limit=9)} != {
        pair.query for pair in read_pairs(file, limit=9, seed=1)
    }


GOOD = {"query": "q", "text": "t", "label": 1}


@pytest.mark.parametrize(
    "row",
    [
        {"query": "q", "text": "t"},
        {"query": "q", "label": 1},
        {"text": "t", "label": 1},
        {**GOOD, "label": "yes"},
        {**GOOD, "label": float("nan")},
        {**GOOD, "text": 3},
        {**GOOD, "query_id": ["a"]},
        {"query": "q", "positive": None, "negatives": []},
        {"query": "q", "positive": "p", "negatives": "n"},
        {"query": "q", "positive": "p", "negatives": ["n", 3]},
    ],
)
def test_a_broken_record_is_told_with_its_line_and_without_its_text(
    tmp_path: Path, row: dict[str, Any]
) -> None:
    file = write_lines(tmp_path / "some.jsonl", [{**GOOD, "text": "secret"}, row])
    with pytest.raises(DataError, match="line 2") as error:
        read_pairs(file)
    assert "secret" not in str(error.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.binary(max_size=80)
    | st.dictionaries(
        st.sampled_from(["query", "query_id", "text", "title", "label", "positive", "negatives"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text()
        | st.lists(st.text() | st.integers()),
    ).map(lambda row: json.dumps(row).encode())
)
def test_any_bytes_are_pairs_or_a_clear_error(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "some.jsonl"
    file.write_bytes(data)
    try:
        assert read_pairs(file)
    except DataError as error:
        assert error.hint  # noqa: PT017 (either may happen)


def test_what_is_not_there_or_too_much_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="There is no"):
        read_pairs(tmp_path / "none")
    with pytest.raises(DataError, match="neither candidates"):
        read_pairs(tmp_path)
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(DataError, match="no judged pairs"):
        read_pairs(tmp_path / "empty.jsonl")
    with pytest.raises(UsageError):
        read_pairs(tmp_path, limit=0)
    monkeypatch.setattr(judged_pairs, "MOST_PAIRS", 29)
    with pytest.raises(DataError, match="more than 29 pairs"):
        read_pairs(labelled(tmp_path / "some.jsonl"), limit=5)


def test_real_sets_are_read(data_folder: Path) -> None:
    for name, pairs, queries in (("mediqa2019_qa", 234, 25), ("nli4ct", 4222, 200), ("medquad", 4327, 1490)):
        found = read_pairs(data_folder / name)
        assert (len(found), len({pair.query_id for pair in found})) == (pairs, queries)
