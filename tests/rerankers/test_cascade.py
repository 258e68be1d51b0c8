"""A cascade: what the large model reads, what order follows, what is counted as saved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import ModelError, UsageError
from pertinent.rerankers.cascade import LEAST_DEPTH, Cascade
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.reranker import Reranker
from pertinent.types import ModelInfo, Progress, Score, Scores
from support.fakes import WordOverlap

Pairs = list[tuple[int, int]]
MARGINS = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), max_size=40)


class ReadsNumber:
    """A document is two numbers: the small model's margin and the large one's."""

    def __init__(self, name: str, which: int) -> None:
        self.model = ModelInfo(name, "1", "fake", "reranker", 512, 100, "MIT" if which else "Apache-2.0")
        self.which = which
        self.read: list[list[str]] = []
        self.instructions: list[str | None] = []

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        self.read.append(list(documents))
        self.instructions.append(instruction)
        for done in range(1, len(documents) + 1):
            if progress:
                progress(done, len(documents))
        return tuple(
            Score.from_margin(float(text.split()[self.which]), self.model, windows=2) for text in documents
        )


def two(**options: Any) -> tuple[ReadsNumber, ReadsNumber, Cascade]:
    small, large = ReadsNumber("small", 0), ReadsNumber("large", 1)
    return small, large, Cascade(small, large, **options)


def texts(pairs: Pairs) -> list[str]:
    return [f"{small} {large} {place}" for place, (small, large) in enumerate(pairs)]


def by_large(pairs: Pairs, places: Sequence[int]) -> list[int]:
    return sorted(places, key=lambda place: (-pairs[place][1], place))


def small_top(pairs: Pairs, depth: int, slack: float = 0.0) -> set[int]:
    """Places that the small model puts among its best ``depth``, with their near equals."""
    margins = sorted((small for small, _ in pairs), reverse=True)
    edge = margins[min(depth, len(margins)) - 1] - slack if margins else math.inf
    return {place for place, (small, _) in enumerate(pairs) if small >= edge}


@given(MARGINS, st.integers(1, 12), st.integers(1, 12), st.sampled_from([0.0, 1.0, 2.5]))
def test_the_top_is_the_large_models_own_of_what_it_read(
    pairs: Pairs, top_k: int, depth: int, slack: float
) -> None:
    _, large, cascade = two(depth=depth, slack=slack)
    ranking = Reranker(cascade).rank("q", texts(pairs), top_k=top_k)

    read = small_top(pairs, max(depth, top_k), slack)
    assert [item.index for item in ranking] == by_large(pairs, sorted(read))[:top_k]
    assert {item.score.model for item in ranking} <= {"large"}
    assert sum(map(len, large.read)) == len(read)
    assert ranking.large_share_saved == pytest.approx(1 - len(read) / len(pairs) if pairs else 0)
    best = by_large(pairs, range(len(pairs)))[:top_k]
    if set(best) <= read:
        assert [item.index for item in ranking] == best


@given(MARGINS, st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
def test_with_patience_it_reads_on_while_that_changes_the_top(
    pairs: Pairs, top_k: int, depth: int, patience: int
) -> None:
    _, large, cascade = two(top_k=top_k, depth=depth, patience=patience)
    scores = cascade.score("q", texts(pairs))

    blocks = [[float(text.split()[1]) for text in block] for block in large.read if block]
    seen: list[float] = []
    for number, block in enumerate(blocks):
        better = number == 0 or max(block) > sorted(seen, reverse=True)[top_k - 1]
        assert better or number == len(blocks) - 1, "it went on after a block that brought nothing"
        assert len(block) >= (max(depth, top_k) if number == 0 else patience) or block is blocks[-1]
        seen += block
    unread = len(pairs) - len(seen)
    assert sum(not score.exact for score in scores) == unread
    if unread:
        assert len(blocks) >= 2
        before = sorted((m for block in blocks[:-1] for m in block), reverse=True)
        assert max(blocks[-1]) <= before[top_k - 1]


@given(MARGINS, st.integers(1, 6), st.sampled_from([None, 2]))
def test_estimates_stand_below_all_that_was_read_in_the_small_models_order(
    pairs: Pairs, depth: int, patience: int | None
) -> None:
    small, _, cascade = two(top_k=1, depth=depth, patience=patience)
    scores = cascade.score("q", texts(pairs))
    read = [place for place, score in enumerate(scores) if score.exact]
    unread = [place for place, score in enumerate(scores) if not score.exact]
    for place in read:
        assert scores[place] == Score.from_margin(pairs[place][1], cascade.large.model, windows=2)
    for place in unread:
        assert scores[place].model == "small"
        assert scores[place].windows == 2
        assert scores[place].probability == Score.from_margin(scores[place].margin, small.model).probability
        assert scores[place].margin < min(scores[other].margin for other in read)
        assert pairs[place][0] < min(pairs[other][0] for other in read)
    order = sorted(unread, key=lambda place: -pairs[place][0])
    assert order == sorted(unread, key=lambda place: -scores[place].margin)
    for one, other in pairwise(order):
        assert scores[one].margin - scores[other].margin == pytest.approx(pairs[one][0] - pairs[other][0])


@given(MARGINS, st.randoms(use_true_random=False), st.sampled_from([None, 3]))
def test_the_order_of_the_call_changes_nothing(pairs: Pairs, random: Any, patience: int | None) -> None:
    _, _, cascade = two(top_k=2, depth=3, patience=patience)
    scores = cascade.score("q", texts(pairs))
    places = list(range(len(pairs)))
    random.shuffle(places)
    again = cascade.score("q", texts([pairs[place] for place in places]))
    assert list(again) == [scores[place] for place in places]


@given(MARGINS, st.integers(1, 3), st.integers(1, 3))
def test_the_same_text_is_read_once_and_scores_the_same(pairs: Pairs, top_k: int, depth: int) -> None:
    small, large, cascade = two(top_k=top_k, depth=depth, patience=1)
    documents = [f"{small} {large}" for small, large in pairs]
    calls: list[tuple[int, int]] = []
    scores = cascade.score("q", documents, progress=lambda *call: calls.append(call))
    known = dict(zip(documents, scores, strict=True))
    assert list(scores) == [known[document] for document in documents]
    for model in (small, large):
        read = [text for block in model.read for text in block]
        assert len(read) == len(set(read))
    assert not pairs or calls[-1] == (len(pairs), len(pairs))


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e30, 1e300])
def test_estimates_are_finite_and_below_at_any_scale(scale: float) -> None:
    _, _, cascade = two(top_k=1, depth=1)
    documents = [f"{scale} {-scale}", f"{scale / 2} 0", f"{-scale} 0"]
    read, *rest = cascade.score("q", documents)
    assert all(math.isfinite(score.margin) and score.margin < read.margin for score in rest)
    assert rest[0].margin >= rest[1].margin


@pytest.mark.parametrize(("count", "top_k"), [(0, 3), (1, 30), (LEAST_DEPTH, 3), (LEAST_DEPTH, 50)])
def test_a_list_that_is_not_deeper_is_read_by_the_large_model_alone(count: int, top_k: int) -> None:
    small, large, cascade = two(top_k=top_k)
    ranking = Reranker(cascade).rank("q", texts([(1, 1)] * count), top_k=top_k)
    assert [item.index for item in ranking] == list(range(min(count, top_k)))
    assert ranking.large_share_saved == 0
    assert small.read == []
    assert sum(map(len, large.read)) == count


def test_the_default_depth_grows_with_top_k() -> None:
    pairs = [(n, n) for n in range(200)]
    for top_k, read in [(1, 20), (6, 20), (10, 30), (50, 150), (100, 200)]:
        _, large, cascade = two()
        Reranker(cascade).rank("q", texts(pairs), top_k=top_k)
        assert sum(map(len, large.read)) == read


def test_top_k_of_the_call_wins_and_one_of_both_is_needed() -> None:
    _, large, cascade = two(top_k=50, depth=1)
    documents = texts([(n, n) for n in range(60)])
    Reranker(cascade).rank("q", documents, top_k=2)
    assert sum(map(len, large.read)) == 2
    _, _, without = two()
    for call in (without.score, Reranker(without).rank):
        with pytest.raises(UsageError, match="first places"):
            call("q", documents)


@pytest.mark.parametrize(
    "wrong",
    [
        {"top_k": 0},
        {"top_k": "1"},
        {"depth": 0},
        {"patience": 0},
        {"slack": -1.0},
        {"slack": math.nan},
        {"slack": math.inf},
    ],
)
def test_numbers_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        two(**wrong)


@pytest.mark.parametrize("patience", [None, 2])
@pytest.mark.parametrize("count", [1, 5, 6, 30])
def test_progress_goes_forward_to_the_end(count: int, patience: int | None) -> None:
    _, _, cascade = two(top_k=2, depth=5, patience=patience)
    calls: list[tuple[int, int]] = []
    cascade.score("q", texts([(n, n) for n in range(count)]), progress=lambda *call: calls.append(call))
    assert calls == sorted(set(calls))
    assert calls[-1] == (count, count)
    assert {total for _, total in calls} == {count}


def test_it_is_one_model_to_the_outside() -> None:
    small, large, cascade = two(top_k=3)
    large.constants = {"weight": 0.7}  # type: ignore[attr-defined]
    loaded: list[str] = []
    small.load = lambda progress: loaded.append("small")  # type: ignore[attr-defined]
    assert isinstance(cascade, Scorer)
    assert (cascade.model.name, cascade.model.revision) == ("small + large", "1 + 1")
    assert (cascade.model.parameters, cascade.model.licence) == (200, "MIT AND Apache-2.0")
    assert dict(Reranker(cascade).constants) == {"weight": 0.7}
    Reranker(cascade).load()
    assert loaded == ["small"]


def test_both_models_are_told_the_same_instruction() -> None:
    small, large, cascade = two(top_k=1, depth=1)
    Reranker(cascade).rank("q", ["1 1", "2 2"], instruction="moderation")
    assert small.instructions == large.instructions
    assert small.instructions[0] is not None
    assert "rule" in small.instructions[0]


@pytest.mark.parametrize("bad", ["nan 1", "1 nan"])
def test_a_model_without_finite_margins_is_refused(bad: str) -> None:
    _, _, cascade = two(top_k=1, depth=2)
    with pytest.raises(ModelError):
        cascade.score("q", ["2 2", bad, "0 1"])


def test_reranker_cascade_takes_names_and_rerankers() -> None:
    class Large(WordOverlap):
        model = ModelInfo("large", "1", "fake", "reranker", 512, 1, "CC0-1.0")

    reranker = Reranker.cascade("pertinent-mini-reranker", Reranker(Large()), top_k=1, depth=2)
    documents = ["It rained.", "Aspirin prevents stroke.", "Ferries leave at nine.", "Does aspirin prevent?"]
    ranking = reranker.rank("Does aspirin prevent stroke?", documents)
    assert ranking[0].index == 3
    assert ranking[0].score.model == "large"
    assert ranking.model.name == "pertinent-mini-reranker + large"
    assert ranking.large_share_saved == 0.5
    with pytest.raises(UsageError, match="cannot prune"):
        reranker.rank("q", documents, top_k=1, prune="top_k")


def test_one_model_saves_nothing_and_says_so() -> None:
    assert Reranker(WordOverlap()).rank("q", ["a", "b"], top_k=1).large_share_saved is None
