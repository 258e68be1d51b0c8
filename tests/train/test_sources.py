from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.errors import DataError, RecordError, UsageError
from pertinent.train.data_config import DataConfig
from pertinent.train.examples import TrainingPassage
from pertinent.train.sources import GIVEN, open_examples, open_texts
from support.judged_files import write_lines


def judged_folder(folder: Path) -> Path:
    write_lines(
        folder / "corpus.jsonl.gz",
        [
            {"_id": "m", "title": "Metformin", "text": "It lowers glucose."},
            {"_id": "i", "title": "", "text": "Insulin lowers glucose too."},
            {"_id": "w", "title": "Weather", "text": "It rained."},
            {"_id": "empty", "title": "", "text": ""},
        ],
    )
    write_lines(
        folder / "queries.jsonl.gz",
        [{"_id": q, "text": f"question {q}"} for q in ("q1", "q2", "q3", "q4")],
    )
    (folder / "qrels").mkdir()
    (folder / "qrels" / "train.tsv").write_text(
        "query-id\tcorpus-id\tscore\n"
        "q1\tw\t0\nq1\tm\t1\nq1\ti\t2\n"  # two answers, the better one further down
        "q2\tw\t0\n"  # nothing is relevant
        "q3\tempty\t1\nq3\tmissing\t1\n"  # what is relevant is not there
        "q4\tm\t1\n"
    )
    return folder


def test_judged_documents_become_passages_best_first(tmp_path: Path) -> None:
    judged_folder(tmp_path / "set")
    first, second = open_examples(DataConfig(path="set"), tmp_path)
    assert first.query == "question q1"
    assert first.source == "set"
    assert first.made_by == "judged"
    assert first.passages == (
        TrainingPassage("Insulin lowers glucose too.", True),
        TrainingPassage("Metformin\nIt lowers glucose.", True),
        TrainingPassage("Weather\nIt rained.", False),
    )
    assert second.query == "question q4"


def test_queries_without_an_answer_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    judged_folder(tmp_path / "set")
    with caplog.at_level(logging.INFO):
        assert len(list(open_examples(DataConfig(path="set"), tmp_path))) == 2
    assert "2 queries have no relevant passage" in caplog.text


def test_given_candidates_that_nobody_judged_are_neither(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    texts = {"a": "Right.", "b": "Wrong.", "c": "Unknown.", "d": " "}
    write_lines(
        folder / "candidates.jsonl",
        [
            {
                "query_id": "q",
                "query": "which?",
                "candidates": [{"doc_id": name, "text": text} for name, text in texts.items()],
            }
        ],
    )
    (folder / "qrels").mkdir()
    (folder / "qrels" / "train.tsv").write_text("q\ta\t3\nq\tb\t0\nq\td\t1\n")
    (example,) = open_examples(DataConfig(path="set"), tmp_path)
    assert example.passages == (
        TrainingPassage("Right.", True),
        TrainingPassage("Wrong.", False),
        TrainingPassage("Unknown.", None, GIVEN),
    )


def pairs(folder: Path) -> None:
    write_lines(
        folder / "pairs.train.jsonl.gz",
        [
            {"query": "one?", "positive": "First answer.", "negatives": ["Second answer.", "No.", " "]},
            {"query": "two?", "positive": "Two."},
            {"query": " one? ", "positive": "Second answer.", "negatives": ["First answer."]},
            {"query": "three?", "positive": "Three.", "negatives": []},
        ],
    )


def test_pairs_of_one_query_are_put_together(tmp_path: Path) -> None:
    pairs(tmp_path / "set")
    one, two, three = open_examples(DataConfig(path="set"), tmp_path)
    assert (one.query, two.query, three.query) == ("one?", "two?", "three?")
    assert one.passages == (
        TrainingPassage("Second answer.", True),
        TrainingPassage("First answer.", True),
        TrainingPassage("No.", False),
    )
    assert two.passages == (TrainingPassage("Two.", True),)


def test_pairs_beside_judgements_are_named_by_their_file(tmp_path: Path) -> None:
    pairs(judged_folder(tmp_path / "set"))
    assert next(open_examples(DataConfig(path="set"), tmp_path)).query == "question q1"
    name = "set/pairs.train.jsonl.gz"
    assert next(open_examples(DataConfig(path=name), tmp_path)).query == "one?"


def test_a_smaller_limit_takes_a_part_of_a_larger_one(tmp_path: Path) -> None:
    pairs(tmp_path / "pairs")
    chosen = {
        limit: [e.query for e in open_examples(DataConfig(path="pairs", limit=limit), tmp_path)]
        for limit in (1, 2, 3)
    }
    assert [len(each) for each in chosen.values()] == [1, 2, 3]
    assert set(chosen[1]) < set(chosen[2]) < set(chosen[3])
    judged_folder(tmp_path / "set")
    assert len(list(open_examples(DataConfig(path="set", limit=1), tmp_path))) <= 1


@settings(max_examples=40, deadline=None)
@given(
    names=st.lists(st.text("abcXY 1", min_size=1, max_size=3), min_size=1, max_size=12),
    skip=st.integers(0, 13),
    limit=st.integers(1, 13),
)
def test_what_is_skipped_and_what_is_not_are_disjoint_and_complete(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], skip: int, limit: int
) -> None:
    """Judged sets, where the same question may stand under several ids, pairs, and texts."""
    folder = tmp_path_factory.mktemp("parts")
    ids = [f"q{number}" for number in range(len(names))]
    rows = [{"_id": name, "title": "", "text": "An answer."} for name in ids]
    write_lines(folder / "set" / "corpus.jsonl", rows)
    asked = zip(ids, names, strict=True)
    write_lines(folder / "set" / "queries.jsonl", [{"_id": i, "text": f"ask {name}"} for i, name in asked])
    (folder / "set" / "qrels").mkdir()
    lines = [f"{name}\t{name}\t1" for name in ids]
    (folder / "set" / "qrels" / "train.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *lines]))
    write_lines(
        folder / "pairs" / "pairs.train.jsonl", [{"query": f"ask {name}", "positive": "p"} for name in names]
    )

    def folded(text: str) -> str:
        return " ".join(text.casefold().split())

    for path in ("set", "pairs"):

        def queries(path: str = path, **part: int) -> set[str]:
            return {folded(e.query) for e in open_examples(DataConfig(path=path, **part), folder)}

        first = queries(limit=skip) if skip else set()
        then, rest = queries(skip=skip, limit=limit), queries(skip=skip + limit)
        assert first | then | rest == queries() == {folded(f"ask {name}") for name in names}
        assert not first & then
        assert not (first | then) & rest
        assert first | then == queries(limit=skip + limit)

    def texts(**part: int) -> list[str]:
        return [d.id for d in open_texts(DataConfig(path="set/corpus.jsonl", **part), folder)]

    parts = [texts(limit=skip) if skip else [], texts(skip=skip, limit=limit), texts(skip=skip + limit)]
    assert sorted(name for part in parts for name in part) == sorted(ids)
    assert all(part == [name for name in ids if name in part] for part in parts)


def test_texts_are_sampled_by_their_ids_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = [{"_id": f"d{n}", "title": f"Title {n}", "text": "Text."} for n in range(20)]
    write_lines(tmp_path / "texts" / "corpus.jsonl.gz", rows)
    write_lines(tmp_path / "turned" / "corpus.jsonl", rows[::-1])
    whole = [d.id for d in open_texts(DataConfig(path="texts"), tmp_path)]
    assert whole == [row["_id"] for row in rows]
    some = [d.id for d in open_texts(DataConfig(path="texts", limit=5), tmp_path)]
    assert len(some) == 5
    assert some == [name for name in whole if name in some]
    turned = [d.id for d in open_texts(DataConfig(path="turned", limit=5), tmp_path)]
    assert turned == some[::-1]


def test_broken_texts_are_left_out_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "corpus.jsonl").write_text('{"_id": "1", "text": "Good."}\n{"_id": "2", "text": 7}\nno\n')
    assert [d.id for d in open_texts(DataConfig(path="."), tmp_path)] == ["1"]
    assert "2 records are left out" in caplog.text


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no"):
        next(open_examples(DataConfig(path="nowhere"), tmp_path))
    with pytest.raises(DataError, match="nothing at"):
        next(open_texts(DataConfig(path="nowhere"), tmp_path))
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="has no texts"):
        next(open_texts(DataConfig(path="none"), tmp_path))
    judged_folder(tmp_path / "set")
    with pytest.raises(DataError, match="no split dev"):
        next(open_examples(DataConfig(path="set", split="dev"), tmp_path))


@pytest.mark.parametrize("negatives", ["No.", [3], {"a": 1}])
def test_negatives_that_are_no_texts(tmp_path: Path, negatives: object) -> None:
    write_lines(tmp_path / "pairs.train.jsonl", [{"query": "q", "positive": "p", "negatives": negatives}])
    with pytest.raises(RecordError, match="line 1"):
        next(open_examples(DataConfig(path="."), tmp_path))


def test_screenings_are_not_trained_on(tmp_path: Path) -> None:
    row = {"title": "A trial", "abstract": "It was one.", "label": 1, "id": "1"}
    write_lines(tmp_path / "reviews" / "one.jsonl", [row, row | {"id": "2", "label": 0}])
    with pytest.raises(UsageError, match="screening"):
        list(open_examples(DataConfig(path="reviews", split="test"), tmp_path))


def test_real_questions_come_with_their_abstracts(data_folder: Path) -> None:
    examples = list(open_examples(DataConfig(path="pubmedqa", limit=5), data_folder))
    assert len(examples) == 5
    assert all(len(e.passages) == 1 and e.passages[0].relevant and e.query for e in examples)
