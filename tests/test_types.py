from __future__ import annotations

import dataclasses
import inspect
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent import types
from pertinent.types import (
    Candidate,
    Document,
    Hit,
    ModelInfo,
    Passage,
    Query,
    RankedDocument,
    Ranking,
    Score,
    content_hash,
    logistic,
    printable,
)  # fmt: skip

RECORDS = [c for _, c in inspect.getmembers(types, inspect.isclass) if dataclasses.is_dataclass(c)]
MODEL = ModelInfo("mini", "r1", "cross_encoder", "reranker", 512, 33_000_000, "Apache-2.0")


@pytest.mark.parametrize("record", RECORDS)
def test_records_are_frozen_and_slotted(record: type) -> None:
    assert record.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(record)


texts = st.lists(st.text())


@given(texts, texts)
def test_content_hash_tells_lists_of_texts_apart(a: list[str], b: list[str]) -> None:
    assert (content_hash(*a) == content_hash(*b)) == (a == b)


def test_content_hash_takes_lone_surrogates_and_stays_what_it_is() -> None:
    assert len(content_hash("\ud800")) == 32
    assert content_hash("a", "b") == "6a93c5780b9861cdd8d2761a748d9591"


@given(st.floats(allow_nan=False))
def test_logistic_is_a_probability_and_symmetric(margin: float) -> None:
    assert 0 <= logistic(margin) <= 1
    assert logistic(margin) + logistic(-margin) == pytest.approx(1)


def test_fingerprint_follows_the_content_and_not_the_place() -> None:
    one = Document("1", "text", title="t", metadata={"year": 1979, "mesh": ("a", "b")}, source="/a")
    assert one.fingerprint == dataclasses.replace(one, source="/b").fingerprint
    assert (
        one.fingerprint == dataclasses.replace(one, metadata={"mesh": ("a", "b"), "year": 1979}).fingerprint
    )
    for change in ({"text": "other"}, {"title": "other"}, {"metadata": {"year": "1979"}}, {"id": "2"}):
        assert one.fingerprint != dataclasses.replace(one, **change).fingerprint  # type: ignore[arg-type]


def test_content_leaves_out_what_is_empty() -> None:
    assert Passage("p", "d", "text").content == "text"
    assert Passage("p", "d", "", title="title").content == "title"
    assert Passage("p", "d", "text", title="t", headings=("a", "b")).content == "t\na > b\ntext"


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\x9b", "\ud800", "\u202e", "\u2066", "\u200e", "\ufeff"])
def test_what_steers_a_terminal_or_turns_its_text_around_is_replaced(sign: str) -> None:
    assert printable(f"a{sign}b") == "a\ufffdb"


@pytest.mark.parametrize(
    "text", ["नमस्\u200cते", "👩\u200d⚕️", "می\u200cخواهم", "treat\u00adment", "a\n\tb", "血糖"]
)
def test_what_scripts_need_stays(text: str) -> None:
    assert printable(text) == text


def test_a_hit_is_json_with_all_it_knows() -> None:
    passage = Passage("p", "d", "One. Two.", 5, 14, "Title", ("H",), {"mesh": ("x",), "year": 1979}, "/file")
    score = Score.from_margin(2.0, MODEL, windows=3)
    hit = Hit(1, Candidate(passage, 0.03, 2, 1, 0.9, 4, 7.5), score, 0.8, (5, 9))
    told = json.loads(json.dumps(hit.to_dict()))
    assert told["document"] == {
        "id": "d", "title": "Title", "source": "/file", "metadata": {"mesh": ["x"], "year": 1979},
    }  # fmt: skip
    assert told["best_sentence"] == {"start": 5, "end": 9, "text": "Two."}
    assert (told["margin"], told["windows"], told["reranked"]) == (2.0, 3, True)
    assert told["first_stage"]["bm25_score"] == 7.5
    assert told["reranker"] == {"model": "mini", "revision": "r1"}


def test_a_hit_that_was_not_scored_says_so() -> None:
    told = Hit(1, Candidate(Passage("p", "d", "x"), 0.03, 1), None, 0.1).to_dict()
    assert (told["margin"], told["reranked"], told["reranker"], told["best_sentence"]) == (
        None,
        False,
        None,
        None,
    )


def test_a_ranking_is_a_sequence_that_prints_well() -> None:
    items = tuple(
        RankedDocument(n, 2 - n, Document(str(n), f"text {n} " * 40), Score.from_margin(3.0 - n, MODEL))
        for n in (1, 2)
    )
    ranking = Ranking(Query("q"), MODEL, items)
    assert len(ranking) == 2
    assert ranking[0] is items[0]
    assert list(ranking) == list(items)
    lines = str(ranking).splitlines()
    assert lines[0].split()[:2] == ["1", "0.8808"]
    assert all(len(line) <= 110 for line in lines)
    assert str(Ranking(Query("q"), MODEL)) == "(no documents)"
    bare = RankedDocument(1, 0, Document("1", "", title="Only a title"), Score.from_margin(0.0, MODEL))
    assert str(Ranking(Query("q"), MODEL, (bare,))) == "  1  0.5000  Only a title"
