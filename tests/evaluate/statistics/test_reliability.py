from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sklearn_log_loss

from pertinent.errors import UsageError
from pertinent.evaluate.statistics.reliability import (
    Equal,
    brier,
    expected_calibration_error,
    log_loss,
    reliability_bins,
    wilson_interval,
)

PAIRS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)
BOTH = st.sampled_from(["width", "mass"])


@given(PAIRS, st.integers(1, 20), BOTH)
@example([(0.0, False), (0.0, False), (1.0, False), (0.5, True)], 3, "mass")
def test_bins_are_those_of_scikit_learn(pairs: list[tuple[float, bool]], bins: int, equal: Equal) -> None:
    probabilities, relevant = (list(column) for column in zip(*pairs, strict=True))
    found = reliability_bins(probabilities, relevant, bins, equal=equal)
    assert sum(bin.pairs for bin in found) == len(pairs)
    assert all(bin.low - 1e-12 <= bin.probability <= bin.high + 1e-12 for bin in found)
    if len(set(relevant)) == 2:  # which is what scikit-learn asks for
        strategy = {"width": "uniform", "mass": "quantile"}[equal]
        shares, means = calibration_curve(
            relevant, probabilities, n_bins=bins, strategy=strategy, pos_label=True
        )
        assert [bin.relevant for bin in found] == pytest.approx(list(shares))
        assert [bin.probability for bin in found] == pytest.approx(list(means))


@given(PAIRS)
def test_brier_is_that_of_scikit_learn(pairs: list[tuple[float, bool]]) -> None:
    probabilities, relevant = (list(column) for column in zip(*pairs, strict=True))
    expected = brier_score_loss(relevant, probabilities, labels=[False, True])
    assert brier(probabilities, relevant) == pytest.approx(expected)


@given(st.lists(st.tuples(st.floats(1e-9, 1 - 1e-9), st.booleans()), min_size=1, max_size=60))
def test_log_loss_is_that_of_scikit_learn(pairs: list[tuple[float, bool]]) -> None:
    probabilities, relevant = (list(column) for column in zip(*pairs, strict=True))
    expected = sklearn_log_loss(relevant, probabilities, labels=[False, True])
    assert log_loss(probabilities, relevant) == pytest.approx(expected)


def test_log_loss_of_a_sure_mistake_is_finite() -> None:
    assert 30 < log_loss([0.0, 1.0], [True, False]) < 40


@given(PAIRS, st.integers(1, 20), BOTH, st.randoms(use_true_random=False))
def test_error_does_not_depend_on_the_order_of_pairs(
    pairs: list[tuple[float, bool]], bins: int, equal: Equal, random: Random
) -> None:
    mixed = random.sample(pairs, len(pairs))
    one, other = (
        expected_calibration_error([p for p, _ in some], [r for _, r in some], bins, equal=equal)
        for some in (pairs, mixed)
    )
    assert one == pytest.approx(other)
    assert 0 <= one <= 1


def test_error_by_hand() -> None:
    # Bins of width 0.5: promised 0.2 and found 0.5 for two, promised 0.8 and found 0 for one.
    assert expected_calibration_error([0.1, 0.3, 0.8], [True, False, False], 2) == pytest.approx(
        (2 * 0.3 + 0.8) / 3
    )


def test_true_probabilities_have_little_error_and_sure_ones_much() -> None:
    random = np.random.default_rng(0)
    true = random.uniform(size=20_000)
    relevant = random.uniform(size=20_000) < true
    assert expected_calibration_error(true, relevant) < 0.02
    assert expected_calibration_error(true, relevant, equal="mass") < 0.02
    assert expected_calibration_error(np.round(true), relevant) == pytest.approx(0.25, abs=0.02)


def test_no_pairs_are_no_error() -> None:
    assert reliability_bins([], []) == ()
    assert expected_calibration_error([], []) == brier([], []) == log_loss([], []) == 0


@pytest.mark.parametrize(
    ("probabilities", "relevant", "bins"),
    [
        ([0.5], [], 5),
        ([1.5], [True], 5),
        ([float("nan")], [True], 5),
        ([0.5], [True], 0),
        ([[0.5]], [[True]], 5),
    ],
)
def test_nonsense_is_refused(probabilities: Any, relevant: Any, bins: int) -> None:
    with pytest.raises(UsageError):
        reliability_bins(probabilities, relevant, bins)


@given(st.integers(1, 500), st.integers(0, 500))
def test_wilsons_interval_is_that_of_scipy(pairs: int, hits: int) -> None:
    hits = min(hits, pairs)
    expected = binomtest(hits, pairs).proportion_ci(0.95, method="wilson")
    assert wilson_interval(hits, pairs) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_a_bin_of_few_pairs_says_little() -> None:
    (few,) = reliability_bins([0.9], [True])
    (many,) = reliability_bins([0.9] * 1000, [True] * 900 + [False] * 100)
    assert few.interval == wilson_interval(1, 1)
    assert few.interval[1] - few.interval[0] > 0.7 > 0.05 > many.interval[1] - many.interval[0]
