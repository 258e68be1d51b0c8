"""Pairs, several queries and async variants are made of ``score`` and ``rank``, and agree with them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import UsageError
from pertinent.families.instructions import INSTRUCTIONS
from pertinent.rerankers.reranker import Reranker
from pertinent.types import ModelInfo, Progress, Score, Scores


class Lengths:
    """The margin is the document's length less the query's; tells what it was asked."""

    def __init__(self, default: str = "Find answers.") -> None:
        self.model = ModelInfo("lengths", "1", "fake", "reranker", 9, 1, "MIT", default_instruction=default)
        self.calls: list[tuple[str, tuple[str, ...], str | None]] = []

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        self.calls.append((query, tuple(documents), instruction))
        for done in range(1, len(documents) + 1):
            if progress:
                progress(done, len(documents))
        return tuple(
            Score.from_margin(float(len(document) - len(query)), self.model) for document in documents
        )


TEXTS = st.text("abc", max_size=3)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=20))
def test_pairs_share_their_queries_and_keep_their_places(pairs: list[tuple[str, str]]) -> None:
    scorer = Lengths()
    calls: list[tuple[int, int]] = []
    scores = Reranker(scorer).scores(pairs, "moderation", progress=lambda *call: calls.append(call))
    assert [score.margin for score in scores] == [len(document) - len(query) for query, document in pairs]
    assert [query for query, _, _ in scorer.calls] == list(dict.fromkeys(query for query, _ in pairs))
    assert {instruction for _, _, instruction in scorer.calls} <= {INSTRUCTIONS["moderation"]}
    assert calls == [(done, len(pairs)) for done in range(1, len(pairs) + 1)]


@pytest.mark.parametrize(
    "pairs", ["ab", ["ab"], [("a", "b", "c")], [("a",)], [3], [("a", 3)], [(None, "b")], 3]
)
def test_what_is_no_pair_is_refused(pairs: Any) -> None:
    with pytest.raises(UsageError):
        Reranker().scores(pairs)


@given(st.lists(st.tuples(TEXTS, st.lists(TEXTS, max_size=4)), max_size=6), st.sampled_from([None, 2]))
def test_many_queries_are_ranked_as_one_by_one(asked: list[tuple[str, list[str]]], top_k: int | None) -> None:
    reranker = Reranker(Lengths())
    calls: list[tuple[int, int]] = []
    rankings = reranker.rank_many(
        [query for query, _ in asked],
        [documents for _, documents in asked],
        instruction="Find recipes without nuts.",
        top_k=top_k,
        threshold=0.3,
        progress=lambda *call: calls.append(call),
    )
    assert rankings == [
        reranker.rank(query, documents, instruction="Find recipes without nuts.", top_k=top_k, threshold=0.3)
        for query, documents in asked
    ]
    total = sum(len(documents) for _, documents in asked)
    assert calls == [(done, total) for done in range(1, total + 1)]


@pytest.mark.parametrize(
    ("queries", "documents"),
    [
        ("ab", [["x"], ["y"]]),
        (3, [["x"]]),
        (["a"], 3),
        (["a"], [iter("x")]),
        (["a"], []),
        (["a", "b"], [["x"]]),
        (["a"], ["xy"]),
    ],
)
def test_each_query_needs_its_list(queries: Any, documents: Any) -> None:
    with pytest.raises(UsageError):
        Reranker(Lengths()).rank_many(queries, documents)


def test_async_variants_say_the_same_and_hold_nothing_up() -> None:
    reranker = Reranker(Lengths())

    async def ask() -> None:
        scores, pairs, ranking, rankings = await asyncio.gather(
            reranker.ascore("q", ["a", "bb"], "moderation"),
            reranker.ascores([("q", "a"), ("q", "bb")], "moderation"),
            reranker.arank("q", ["a", "bb"], top_k=1),
            reranker.arank_many(["q"], [["a", "bb"]], top_k=1),
        )
        assert scores == pairs == reranker.score("q", ["a", "bb"])
        assert ranking == reranker.rank("q", ["a", "bb"], top_k=1)
        assert rankings == [ranking]
        with pytest.raises(UsageError):
            await reranker.arank("q", "one")

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("given_one", "used"),
    [
        (None, "Find answers."),
        ("medical-literature", INSTRUCTIONS["medical-literature"]),
        ("Find recipes without nuts.", "Find recipes without nuts."),
        ("", ""),
    ],
)
def test_a_ranking_tells_the_instruction_that_counted(given_one: str | None, used: str) -> None:
    scorer = Lengths()
    ranking = Reranker(scorer).rank("q", ["a"], instruction=given_one)
    assert ranking.query.instruction == used
    assert scorer.calls[-1][2] in (used, None)
    assert Reranker(Lengths(default="")).rank("q", ["a"]).query.instruction is None


def test_a_ranking_tells_no_instruction_that_was_not_read() -> None:
    assert Reranker().rank("q", ["a"], instruction="moderation").query.instruction is None


def test_an_unknown_name_of_an_instruction_is_refused_everywhere() -> None:
    reranker = Reranker(Lengths())
    for call in (
        lambda: reranker.score("q", ["a"], "medical-literatur"),
        lambda: reranker.scores([("q", "a")], "medical-literatur"),
        lambda: reranker.rank("q", ["a"], instruction="medical-literatur"),
        lambda: reranker.rank_many(["q"], [["a"]], instruction="medical-literatur"),
    ):
        with pytest.raises(UsageError, match="instruction"):
            call()


@pytest.mark.parametrize("instruction", [3, b"moderation", ["moderation"]])
def test_an_instruction_that_is_no_text_is_refused(instruction: Any) -> None:
    with pytest.raises(UsageError):
        Reranker().score("q", ["a"], instruction)


@pytest.mark.parametrize("scorer", [None, Lengths()])
def test_only_decoders_prune(scorer: Any) -> None:
    with pytest.raises(UsageError, match="cannot prune"):
        Reranker(scorer).rank("q", ["a"], top_k=1, prune="top_k")
