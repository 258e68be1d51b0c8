"""``rank`` sorts by margin, keeps ties in order, cuts where asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import ModelError, UsageError
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.reranker import Reranker
from pertinent.types import Document, ModelInfo, Progress, Score, Scores


class NumberScorer:
    """Reads the last line of a text as its margin."""

    model = ModelInfo("numbers", "1", "fake", "reranker", 512, 1, "Apache-2.0")

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        self.read = tuple(documents)
        return tuple(Score.from_margin(float(text.splitlines()[-1]), self.model) for text in documents)


@given(st.lists(st.integers(-5, 5), max_size=30), st.integers(1, 40), st.floats(0, 1))
def test_order_ties_and_cuts(margins: list[int], top_k: int, threshold: float) -> None:
    reranker = Reranker(NumberScorer())
    ranking = reranker.rank("q", [str(margin) for margin in margins], top_k=top_k, threshold=threshold)

    order = sorted(range(len(margins)), key=lambda index: (-margins[index], index))
    kept = [index for index in order if 1 / (1 + math.exp(-margins[index])) >= threshold - 1e-12][:top_k]
    assert [item.index for item in ranking] == kept
    assert [item.rank for item in ranking] == list(range(1, len(kept) + 1))


def test_title_is_scored_with_the_text_and_the_document_comes_back() -> None:
    scorer = NumberScorer()
    given_documents = ["1", {"text": "2", "title": "Two", "year": 2002}, Document("three", "3")]
    ranking = Reranker(scorer).rank("q", given_documents)
    assert scorer.read == ("1", "Two\n2", "3")
    assert [item.document.id for item in ranking] == ["three", "1", "0"]
    assert ranking[0].document is given_documents[2]


@pytest.mark.parametrize("margin", ["nan", "inf", "-inf"])
def test_a_margin_that_is_not_a_finite_number_is_refused(margin: str) -> None:
    with pytest.raises(ModelError, match="3 documents"):
        Reranker(NumberScorer()).rank("q", ["1", margin, "3"])


@pytest.mark.parametrize("given_scores", [0, 1, 3])
def test_too_few_or_too_many_scores_are_refused(given_scores: int) -> None:
    class Miscounting(NumberScorer):
        def score(self, query: str, documents: Sequence[str], *rest: object, **others: Any) -> Scores:
            return super().score(query, ["1"] * given_scores)

    with pytest.raises(ModelError, match="2 documents") as caught:
        Reranker(Miscounting()).rank("q", ["1", "2"])
    assert caught.value.hint


@pytest.mark.parametrize(
    "arguments",
    [
        {"top_k": 0},
        {"top_k": -1},
        {"top_k": "3"},
        {"top_k": 2.5},
        {"threshold": 1.5},
        {"threshold": math.nan},
        {"threshold": "0.5"},
        {"documents": "one"},
        {"documents": None},
        {"documents": 3},
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any]) -> None:
    documents = arguments.pop("documents", ["1"])
    with pytest.raises(UsageError):
        Reranker(NumberScorer()).rank("q", documents, **arguments)


def test_the_carried_model_ranks() -> None:
    reranker = Reranker()
    assert isinstance(reranker, Scorer)
    reranker.load()
    ranking = reranker.rank("Does aspirin prevent stroke?", ["It rained.", "Aspirin prevents stroke.", ""])
    assert ranking[0].index == 1
    assert ranking.model.name == "pertinent-mini-reranker"
    assert "Aspirin prevents stroke." in str(ranking)
    assert dict(reranker.constants) == dict(Reranker(reranker).constants)


def test_no_documents_make_an_empty_ranking() -> None:
    assert len(Reranker(NumberScorer()).rank("q", [])) == 0


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(ModelError):
        Reranker("no-such-model")


@pytest.mark.parametrize("empty", ["", Path()])
def test_an_empty_name_is_not_the_carried_model(
    empty: str | Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError):
        Reranker(empty)


@pytest.mark.parametrize("option", [{"engine": "torch"}, {"check": False}, {"max_tokens": 512}])
def test_options_of_a_reranker_that_is_made_are_refused(option: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="made already"):
        Reranker(NumberScorer(), **option)


def test_a_reranker_of_a_reranker_does_what_that_one_does(tmp_path: Path) -> None:
    cascade = Reranker.cascade(NumberScorer(), NumberScorer(), top_k=1, depth=1)
    assert Reranker(cascade).rank("q", ["1", "2", "3"], top_k=1).large_share_saved == pytest.approx(2 / 3)
    kept = Reranker(Reranker(), cache=tmp_path / "scores.sqlite").score("q", ["a"])
    assert kept == Reranker().score("q", ["a"])
    assert (tmp_path / "scores.sqlite").is_file()


@pytest.mark.parametrize("model", [3, b"name", object(), {"a": "b"}])
def test_what_is_no_model_is_refused(model: Any) -> None:
    with pytest.raises(UsageError, match=type(model).__name__):
        Reranker(model)


def test_no_cache_may_be_said_as_none() -> None:
    assert len(Reranker(NumberScorer(), cache=None).score("q", ["1"])) == 1
