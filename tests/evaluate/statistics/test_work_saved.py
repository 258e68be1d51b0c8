from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.evaluate.statistics.work_saved import WorkSaved


def naive(ranking: list[int], relevant: set[int], percent: int) -> Fraction:
    """True and false negatives counted at the first cut that has the recall, by the paper's formula."""
    recall = Fraction(percent, 100)
    for cut in range(1, len(ranking) + 1):
        read, unread = ranking[:cut], ranking[cut:]
        true_positives = sum(document in relevant for document in read)
        if true_positives >= ceil(recall * len(relevant)):
            true_negatives = sum(document not in relevant for document in unread)
            false_negatives = sum(document in relevant for document in unread)
            return Fraction(true_negatives + false_negatives, len(ranking)) - (1 - recall)
    raise AssertionError("the ranking holds all relevant documents")


@st.composite
def screenings(draw: st.DrawFn) -> tuple[list[int], set[int]]:
    documents = draw(st.integers(1, 120))
    ranking = draw(st.permutations(range(documents)))
    relevant = draw(st.sets(st.integers(0, documents - 1), min_size=1))
    return list(ranking), relevant


@given(screenings(), st.integers(1, 100))
def test_equals_the_papers_formula(screening: tuple[list[int], set[int]], percent: int) -> None:
    ranking, relevant = screening
    value = WorkSaved(percent).of([str(d) for d in ranking], {str(d) for d in relevant})
    assert value == pytest.approx(float(naive(ranking, relevant, percent)), abs=1e-12)


def test_by_hand() -> None:
    ranking = [str(number) for number in range(100)]
    assert WorkSaved(95).of(ranking, set(ranking[:20])) == pytest.approx(0.81 - 0.05)  # 19 of 20, at rank 19
    assert WorkSaved(95).of(ranking, {"0", "99"}) == pytest.approx(-0.05)  # both are needed
    assert WorkSaved(100).of(ranking, {"49"}) == pytest.approx(0.5)


def test_a_random_order_saves_about_nothing() -> None:
    ranking = [str(number) for number in range(1000)]
    every_tenth = set(ranking[9::10])
    assert WorkSaved(95).of(ranking, every_tenth) == pytest.approx(0.0)


def test_missing_relevant_documents_mean_that_all_was_read() -> None:
    assert WorkSaved(95).of(["a", "b"], {"a", "c"}) == pytest.approx(-0.05)


def test_nothing_to_rank_or_to_find_is_0() -> None:
    assert WorkSaved().of([], {"a"}) == 0.0
    assert WorkSaved().of(["a"], set()) == 0.0
