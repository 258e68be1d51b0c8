from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import DataError, RecordError
from pertinent.evaluate.sources import judgements
from pertinent.evaluate.sources.judgements import choose_split, judged_queries, read_judgements
from support.judged_sets import write_lines

IDS = st.text("abz019-_.:éß", min_size=1, max_size=8)
GRADES = st.dictionaries(IDS, st.dictionaries(IDS, st.integers(-2, 9), min_size=1), min_size=1)


@given(GRADES, st.sampled_from(["beir", "bare", "spaces", "tabs"]))
def test_every_layout_gives_the_grades_back(
    tmp_path_factory: pytest.TempPathFactory, grades: dict[str, dict[str, int]], layout: str
) -> None:
    form = {"beir": "{}\t{}\t{}", "bare": "{}\t{}\t{}", "spaces": "{}  0 {} {}", "tabs": "{}\tQ0\t{}\t{}"}[
        layout
    ]
    lines = [form.format(q, d, grade) for q, found in grades.items() for d, grade in found.items()]
    if layout == "beir":
        lines.insert(0, "query-id\tcorpus-id\tscore")
    path = tmp_path_factory.getbasetemp() / "qrels.tsv.gz"
    path.write_bytes(gzip.compress("\r\n".join(lines).encode()))
    assert read_judgements(path) == grades


def test_a_pair_may_stand_twice_with_one_grade(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "qrels", "q 0 d 1\n\nq 0 d 1.0\n")
    assert read_judgements(path) == {"q": {"d": 1}}
    write_lines(path, "q 0 d 1\nq 0 d 2\n")
    with pytest.raises(RecordError, match=r"line 2: .* another grade"):
        read_judgements(path)


@pytest.mark.parametrize(
    "line",
    [
        "q d",
        "q 0 d x",
        "q 0 d nan",
        "q 0 d 1.5",
        "q 0 d 1 2",
        "q 0 d 9999999",
        "q\t\t1",
        "q\ta b\t1",
        "q 0 d ١",
    ],
)
def test_lines_that_are_no_judgement(tmp_path: Path, line: str) -> None:
    path = write_lines(tmp_path / "qrels", f"q 0 d0 1\n{line}\n")
    with pytest.raises(RecordError, match="line 2"):
        read_judgements(path)


@pytest.mark.parametrize("grade", ["1.5", "1e3", "nan", "-inf"])
def test_a_first_line_with_a_bad_grade_is_no_header(tmp_path: Path, grade: str) -> None:
    with pytest.raises(RecordError, match="line 1"):
        read_judgements(write_lines(tmp_path / "qrels", f"q\td\t{grade}\nq\te\t1\n"))


def test_without_judgements(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no judgements"):
        read_judgements(write_lines(tmp_path / "qrels", "query-id\tcorpus-id\tscore\n"))


def test_too_many_judgements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judgements, "MAX_JUDGEMENTS", 2)
    with pytest.raises(DataError, match="more than 2 judgements"):
        read_judgements(write_lines(tmp_path / "qrels", "a 0 d 1\nb 0 d 1\nc 0 d 1\n"))


@pytest.mark.parametrize(
    ("splits", "asked", "chosen"),
    [
        (["dev", "test", "train"], None, "test"),
        (["train", "dev"], None, "dev"),
        (["train"], None, "train"),
        (["train", "test"], "train", "train"),
    ],
)
def test_split(splits: list[str], asked: str | None, chosen: str) -> None:
    assert choose_split(splits, asked, Path("set")) == chosen


@pytest.mark.parametrize(
    ("splits", "asked", "words"),
    [
        (["train", "dev"], "test", "set has no split test. Choose with --split; there are: dev, train."),
        (["b", "a"], None, "set has neither test nor dev. Choose with --split; there are: a, b."),
        ([], None, "set has neither test nor dev. Choose with --split; there are: none."),
    ],
)
def test_split_that_is_not_there(splits: list[str], asked: str | None, words: str) -> None:
    with pytest.raises(DataError) as caught:
        choose_split(splits, asked, Path("set"))
    assert str(caught.value) == words


def test_many_splits_are_not_all_named() -> None:
    with pytest.raises(DataError, match=r"there are: s100, .* and 30 more"):
        choose_split([f"s{number}" for number in range(100, 150)], "x", Path("set"))


def test_judged_queries_in_the_order_of_the_texts() -> None:
    assert list(judged_queries({"b": "B", "x": "X", "a": "A"}, {"a": {}, "b": {}}, Path("set"))) == ["b", "a"]
