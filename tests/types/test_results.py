from __future__ import annotations

import json

from pertinent.types import (
    Candidate,
    Document,
    Hit,
    ModelInfo,
    Passage,
    Place,
    Query,
    RankedDocument,
    Ranking,
    Score,
)

MODEL = ModelInfo("mini", "r1", "cross_encoder", "reranker", 512, 33_000_000, "Apache-2.0")


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
    assert told["reranker"]["model"] == "mini"
    assert told["reranker"]["revision"] == "r1"
    assert told["reranker"]["exact"] is True
    assert told["reranker"]["scale"] == "margin"


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


def test_a_hit_says_its_lines_or_its_pages() -> None:
    def told(place: Place | None) -> tuple[object, object]:
        hit = Hit(1, Candidate(Passage("p", "d", "x", place=place), 0.03, 1), None, 0.1)
        passage = json.loads(json.dumps(hit.to_dict()))["passage"]
        return passage["lines"], passage["pages"]

    assert told(Place("line", 3, 9)) == ([3, 9], None)
    assert told(Place("page", 2, 2)) == (None, [2, 2])
    assert told(None) == (None, None)
