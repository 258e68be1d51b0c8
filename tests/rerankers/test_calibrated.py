"""A reranker with a calibration: other probabilities, the same order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent import Reranker
from pertinent.errors import UsageError
from pertinent.rerankers.calibration import Calibration, calibration_path
from pertinent.rerankers.cascade import Cascade
from pertinent.rerankers.margin_map import MarginMap
from pertinent.search.pipeline import search
from pertinent.search.result import SearchOptions
from pertinent.types import ModelInfo, Progress, Query, Score, Scores
from support.fakes import BagOfWords, ListStore, passages
from support.margin_maps import margin_maps

MODEL = ModelInfo("numbers", "1", "fake", "reranker", 512, 1, "Apache-2.0", default_instruction="Find it")
HALF = MarginMap("platt", slope=0.5, bias=-1.0)


class NumberScorer:
    """Reads a text as its margin."""

    def __init__(self, model: ModelInfo = MODEL, factor: float = 1.0) -> None:
        self.model = model
        self.factor = factor

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        return tuple(Score.from_margin(self.factor * float(text), self.model) for text in documents)


def calibration(margin_map: MarginMap = HALF, model: ModelInfo = MODEL) -> Calibration:
    return Calibration("notes", model.name, model.revision, margin_map, model.default_instruction)


@given(margin_maps(), st.lists(st.integers(-4, 4) | st.floats(-30, 30), max_size=20), st.integers(1, 25))
def test_no_calibration_changes_the_order(margin_map: MarginMap, margins: list[float], top_k: int) -> None:
    documents = [str(float(margin)) for margin in margins]
    plain = Reranker(NumberScorer()).rank("q", documents, top_k=top_k)
    judged = Reranker(NumberScorer(), calibration=calibration(margin_map)).rank("q", documents, top_k=top_k)
    assert [item.index for item in judged] == [item.index for item in plain]
    assert [item.score.margin for item in judged] == [item.score.margin for item in plain]
    assert all(item.score.calibration == "notes" for item in judged)
    assert [item.score.probability for item in judged] == [
        margin_map.probability(item.score.margin) for item in judged
    ]


def test_a_threshold_is_a_calibrated_probability_everywhere() -> None:
    reranker = Reranker(NumberScorer(), calibration=calibration())
    documents = ["1", "2", "3"]  # plain probabilities 0.73, 0.88, 0.95; calibrated 0.38, 0.5, 0.62
    expected = [2, 1]
    assert [item.index for item in reranker.rank("q", documents, threshold=0.5)] == expected
    (ranking,) = reranker.rank_many(["q"], [documents], threshold=0.5)
    assert [item.index for item in ranking] == expected
    assert [item.index for item in asyncio.run(reranker.arank("q", documents, threshold=0.5))] == expected
    assert [score.probability for score in reranker.score("q", documents)][1] == 0.5
    assert [score.probability for score in reranker.scores([("q", "2"), ("r", "2")])] == [0.5, 0.5]
    assert asyncio.run(reranker.ascore("q", ["2"]))[0].probability == 0.5


def test_a_floor_of_a_search_is_one_too() -> None:
    def found(reranker: Reranker) -> list[str]:
        result = search(
            Query("q"), ListStore(passages("1", "2", "3")), BagOfWords(), reranker,
            SearchOptions(floor=0.5),
        )  # fmt: skip
        assert all(hit.score and hit.to_dict()["reranker"]["calibration"] == hit.score.calibration
                   for hit in result)  # fmt: skip
        return [hit.passage.text for hit in result]

    assert found(Reranker(NumberScorer())) == ["3", "2", "1"]
    assert found(Reranker(NumberScorer(), calibration=calibration())) == ["3", "2"]


def test_of_a_cascade_all_margins_are_calibrated() -> None:
    small = NumberScorer(replace(MODEL, name="small"), factor=0.1)
    large = NumberScorer()
    documents = [str(margin) for margin in range(10)]
    own = Reranker(large, calibration=calibration())
    for both in (
        Reranker.cascade(small, large, depth=2, calibration=calibration()),
        Reranker.cascade(small, own, depth=2),
        Reranker(Reranker.cascade(small, own, depth=2)),
    ):
        ranking = both.rank("q", documents, top_k=2)
        plain = Reranker.cascade(small, large, depth=2).rank("q", documents, top_k=2)
        assert [item.index for item in ranking] == [item.index for item in plain] == [9, 8]
        assert ranking[0].score.probability == HALF.probability(9.0)
        scores = Reranker(Cascade(small, own, top_k=2, depth=2)).score("q", documents)
        assert [score.exact for score in scores].count(False) == 8
        assert all(score.probability == HALF.probability(score.margin) for score in scores)
        assert {score.calibration for score in scores} == {"notes"}


def test_estimates_of_a_cascade_alone_do_not_claim_the_small_models_calibration() -> None:
    info = replace(MODEL, name="small")
    small = Reranker(NumberScorer(info), calibration=calibration(model=info))
    scores = Cascade(small, NumberScorer(), top_k=1, depth=1).score("q", ["1", "2"])
    assert {score.calibration for score in scores} == {""}


def test_a_wrapped_reranker_keeps_its_calibration_unless_another_is_given() -> None:
    first = Reranker(NumberScorer(), calibration=calibration())
    assert Reranker(first).calibration == calibration()
    other = calibration(MarginMap("temperature", 2.0))
    assert Reranker(first, calibration=other).calibration == other


def test_the_cache_keeps_plain_scores(tmp_path: Path) -> None:
    file = tmp_path / "scores.sqlite"
    info = Reranker().model
    fitted = Calibration("notes", info.name, info.revision, HALF)
    texts = ["Metformin lowers glucose.", "It rained."]
    for _ in range(2):
        (first, _other) = Reranker(cache=file, calibration=fitted).score("What lowers glucose?", texts)
        assert first.probability == HALF.probability(first.margin)
    (plain, _other) = Reranker(cache=file).score("What lowers glucose?", texts)
    assert (plain.margin, plain.calibration) == (first.margin, "")
    assert plain == Reranker().score("What lowers glucose?", texts)[0]


def test_a_domain_is_found_by_its_name_and_a_file_by_its_path(tmp_path: Path) -> None:
    path = calibration_path(MODEL, "notes")
    path.parent.mkdir(parents=True)
    path.write_text(calibration().to_json())
    for given_calibration in ("notes", path, str(path)):
        assert Reranker(NumberScorer(), calibration=given_calibration).calibration == calibration()
    with pytest.raises(UsageError, match="belongs to 'numbers'"):
        Reranker(calibration=path)


def test_another_instruction_is_refused_before_anything_is_scored() -> None:
    reranker = Reranker(NumberScorer(), calibration=calibration())
    reranker.score("q", ["1"], "Find it")
    for call in (reranker.score, reranker.rank):
        with pytest.raises(UsageError, match="another prompt"):
            call("q", ["no number"], instruction="Find recipes")


def test_another_prompt_is_told_by_its_ids() -> None:
    info = Reranker().model
    prompt = Reranker().prompt_hash()
    asked_so = Calibration("notes", info.name, info.revision, HALF, prompt=prompt)
    assert Reranker(calibration=asked_so).score("q", ["a"])[0].calibration == "notes"
    with pytest.raises(UsageError, match="another prompt"):
        Reranker(calibration=replace(asked_so, prompt="0" * 32)).score("q", ["a"])
