from __future__ import annotations

import itertools
import tracemalloc
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pertinent.errors import DataError
from pertinent.evaluate.result import Comparison, StageResult, TaskResult
from pertinent.evaluate.statistics.significance import compare, holm, interval, randomisation_p, with_holm

probabilities = st.floats(0, 1)
grids = st.integers(-10, 10).map(lambda tenths: tenths / 10)


def brute_force_p(differences: list[float]) -> float:
    sums = [
        abs(sum(sign * abs(d) for sign, d in zip(signs, differences, strict=True)))
        for signs in itertools.product((-1, 1), repeat=len(differences))
    ]
    return sum(one >= abs(sum(differences)) - 1e-9 for one in sums) / len(sums)


def brute_force_holm(p_values: list[float]) -> list[float]:
    """The smallest level at which the sequential procedure of the paper rejects each hypothesis."""

    def rejected(level: float) -> set[int]:
        found: set[int] = set()
        for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
            if p_values[index] > level / (len(p_values) - rank) * (1 + 1e-12):
                break
            found.add(index)
        return found

    levels = sorted({min(1.0, p * k) for p in p_values for k in range(1, len(p_values) + 1)} | {1.0})
    return [next((level for level in levels if i in rejected(level)), 1.0) for i in range(len(p_values))]


@given(st.lists(grids, min_size=1, max_size=9))
def test_p_is_exact_for_few_queries(differences: list[float]) -> None:
    p = randomisation_p(differences, resamples=512, seed=0)
    assert p == pytest.approx(brute_force_p(differences))


@pytest.mark.parametrize("seed", range(5))
def test_p_equals_scipys_exact_one(seed: int) -> None:
    differences = np.random.default_rng(seed).normal(0.3, 1, 11)
    theirs = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=np.inf, vectorized=True
    )
    assert randomisation_p(list(differences), resamples=2048, seed=0) == pytest.approx(theirs.pvalue)


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.2])
def test_drawn_p_is_close_to_scipys(shift: float) -> None:
    differences = np.random.default_rng(3).normal(shift, 1, 150)
    theirs = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=20_000, vectorized=True, rng=1
    )
    ours = randomisation_p(list(differences), resamples=20_000, seed=0)
    assert ours == pytest.approx(theirs.pvalue, abs=0.012)


def test_drawn_p_is_close_to_the_exact_one() -> None:
    differences = list(np.random.default_rng(5).normal(0.4, 1, 16))
    exact = randomisation_p(differences, resamples=1 << 16, seed=0)
    assert randomisation_p(differences, resamples=(1 << 16) - 1, seed=0) == pytest.approx(exact, abs=0.006)


@pytest.mark.parametrize("differences", [[], [0.0], [0.0] * 5000, [0.5, -0.5], [1.0]])
def test_p_of_nothing_is_1(differences: list[float]) -> None:
    assert randomisation_p(differences, resamples=1000, seed=0) == 1.0


@given(st.lists(grids, min_size=1, max_size=40), st.integers(0, 200))
def test_equal_queries_and_the_direction_do_not_change_p(differences: list[float], equal: int) -> None:
    p = randomisation_p(differences, resamples=1000, seed=0)
    assert 0 < p <= 1
    assert randomisation_p([0.0] * equal + differences, resamples=1000, seed=0) == p
    assert randomisation_p([-d for d in differences], resamples=1000, seed=0) == pytest.approx(p)


def test_the_smallest_p_is_what_the_draws_can_show() -> None:
    assert randomisation_p([0.1] * 200, resamples=999, seed=0) == pytest.approx(0.001)


def test_under_the_null_a_twentieth_is_below_5_percent() -> None:
    rng = np.random.default_rng(11)
    for noise in (rng.normal(0, 1, (1000, 40)), rng.choice([-0.5, 0, 0, 0.5], (1000, 40))):
        found = np.array([randomisation_p(list(row), resamples=499, seed=i) for i, row in enumerate(noise)])
        assert 0.025 < (found < 0.05).mean() < 0.065  # 3 standard errors are 0.021; sums of halves tie


def test_a_real_difference_is_found() -> None:
    rng = np.random.default_rng(12)
    found = [randomisation_p(list(rng.normal(0.6, 1, 40)), resamples=499, seed=0) for _ in range(100)]
    assert sum(p < 0.05 for p in found) > 85  # the t test's power is 0.96


def test_intervals_cover_the_mean() -> None:
    rng = np.random.default_rng(13)
    covered = 0
    for row in rng.beta(2, 3, (400, 60)):
        low, high = interval(list(row), resamples=500, seed=0)
        assert low < row.mean() < high
        covered += low <= 0.4 <= high
    assert 0.91 < covered / 400 < 0.98


def test_an_interval_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(14).normal(5, 2, 3000)
    low, high = interval(values, resamples=5000, seed=0)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(3000), rel=0.05)


def test_intervals_of_one_value_of_equal_ones_and_of_none() -> None:
    assert interval([0.3], resamples=1000, seed=0) == (0.3, 0.3)
    assert interval([0.3] * 10, resamples=1000, seed=0) == pytest.approx((0.3, 0.3))
    with pytest.raises(DataError, match="no query"):
        interval([], resamples=1000, seed=0)


def test_the_seed_decides() -> None:
    values = list(np.random.default_rng(15).normal(0.1, 1, 200))
    for function in (interval, randomisation_p):
        results = [function(values, resamples=1000, seed=seed) for seed in (1, 1, 2)]  # type: ignore[operator]
        assert results[0] == results[1] != results[2]


def test_memory_is_bounded() -> None:
    values = list(np.random.default_rng(16).normal(0, 1, 10_000))
    tracemalloc.start()
    randomisation_p(values, resamples=10_000, seed=0)
    interval(values, resamples=10_000, seed=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 << 20


@given(st.lists(probabilities, max_size=8))
def test_holm_is_the_sequential_procedure(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(brute_force_holm(p_values), abs=1e-9)


@given(st.lists(probabilities, min_size=1, max_size=20))
def test_holm_keeps_the_order_and_never_helps(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(p <= c <= 1 for p, c in zip(p_values, corrected, strict=True))
    pairs = sorted(zip(p_values, corrected, strict=True))
    assert [c for _, c in pairs] == sorted(corrected)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.5]) == [0.5]


def test_compare() -> None:
    base = {"a": 0.5, "b": 0.2, "c": 0.3, "d": 0.0}
    values = {"d": 0.0, "a": 1.0, "b": 0.1, "c": 0.1 + 0.2}  # the last differs by 5e-17, which is nothing
    found = compare("rerank", "rrf", "MAP", values, base, resamples=1000, seed=4)
    assert (found.stage, found.baseline, found.metric) == ("rerank", "rrf", "MAP")
    assert (found.wins, found.losses, found.ties) == (1, 1, 2)
    assert found.difference == pytest.approx(0.1)
    assert found.p == found.p_holm == 1.0  # no signs of 0.5 and 0.1 have a smaller sum
    assert found.interval == interval([0.0, 0.5, -0.1, 0.0], resamples=1000, seed=4)
    assert found.interval[0] <= found.difference <= found.interval[1]


def result(name: str, *p_values: tuple[str, str, float]) -> TaskResult:
    comparisons = tuple(
        Comparison(stage, "rrf", metric, 0.1, (0.0, 0.2), p, p, 1, 0, 0) for stage, metric, p in p_values
    )
    stage = StageResult({}, {}, {}, {})
    return TaskResult(name, "test", "retrieval", {}, ("MAP", "P@5"), {"rrf": stage}, "rrf", comparisons)


def test_holm_counts_all_tasks_and_stages_by_one_metric() -> None:
    before = [
        result("one", ("rerank", "MAP", 0.01), ("rerank", "P@5", 0.04), ("final", "MAP", 0.03)),
        result("none"),
        result("two", ("rerank", "MAP", 0.02), ("final", "P@5", 0.9)),
    ]
    after = with_holm(before)
    found = [[(c.stage, c.metric, c.p, pytest.approx(c.p_holm)) for c in each.comparisons] for each in after]
    assert found == [
        [("rerank", "MAP", 0.01, 0.03), ("rerank", "P@5", 0.04, 0.08), ("final", "MAP", 0.03, 0.04)],
        [],
        [("rerank", "MAP", 0.02, 0.04), ("final", "P@5", 0.9, 0.9)],
    ]
    assert [each.dataset for each in after] == ["one", "none", "two"]
    assert before[0].comparisons[0].p_holm == 0.01  # what came in is as it was
    assert fmean(c.p for each in after for c in each.comparisons) == pytest.approx(0.2)
