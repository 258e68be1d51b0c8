"""Fits on pairs whose true probabilities are known."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression

from pertinent.errors import DataError, UsageError
from pertinent.evaluate.calibration.calibrate import CalibrationReport, fit
from pertinent.evaluate.calibration.fitting import fit_map
from pertinent.rerankers.margin_map import METHODS, Method

FloatArray = npt.NDArray[np.float64]


def pairs(
    slope: float, bias: float, *, count: int = 6000
) -> tuple[FloatArray, npt.NDArray[np.bool_], list[str]]:
    """Margins, outcomes by ``logistic(slope * margin + bias)``, ten pairs a query."""
    random = np.random.default_rng(7)
    margins = random.normal(0, 4, count)
    relevant = random.uniform(size=count) < expit(slope * margins + bias)
    return margins, relevant, [f"q{place // 10}" for place in range(count)]


def test_a_temperature_is_found_again_and_the_error_falls() -> None:
    report = fit(*pairs(0.4, 0.0), "temperature")
    assert report.map.slope == pytest.approx(0.4, rel=0.05)
    assert report.before.ece > 0.1
    assert report.after["temperature"].ece < 0.03
    assert report.after["temperature"].ece_adaptive < 0.03
    assert report.after["temperature"].brier < report.before.brier
    assert report.after["temperature"].log_loss < report.before.log_loss


def test_a_line_is_found_again() -> None:
    report = fit(*pairs(0.7, -2.0), "platt")
    assert (report.map.slope, report.map.bias) == pytest.approx((0.7, -2.0), rel=0.07)
    assert report.after["platt"].ece < 0.02 < report.before.ece


def test_a_curve_is_found_again() -> None:
    random = np.random.default_rng(0)
    margins = random.uniform(-5, 5, 8000)
    true = np.where(margins < 0, 0.2, np.where(margins < 3, 0.5, 0.7))  # which no logistic is
    relevant = random.uniform(size=8000) < true
    report = fit(margins, relevant, [str(place // 8) for place in range(8000)])
    assert report.map.method == "isotonic"
    found = np.array([report.map.probability(margin) for margin in margins])
    assert np.abs(found - true).mean() < 0.04 < np.abs(expit(margins) - true).mean()
    assert report.after["isotonic"].log_loss < min(
        report.after["platt"].log_loss, report.after["temperature"].log_loss
    )


@pytest.mark.parametrize(("slope", "bias"), [(0.4, 0.0), (0.5, -3.0)])
def test_auto_takes_the_least_log_loss(slope: float, bias: float) -> None:
    report = fit(*pairs(slope, bias))
    assert report.asked == "auto"
    assert set(report.after) == set(METHODS)
    assert report.after[report.map.method].log_loss == min(q.log_loss for q in report.after.values())
    if bias:
        assert report.map.method == "platt"


def test_isotonic_steps_are_those_of_scikit_learn() -> None:
    margins, relevant, _ = pairs(0.5, 0.0, count=500)
    margins = np.round(margins, 1)  # many are equal
    heights = np.unique(IsotonicRegression().fit_transform(margins, relevant.astype(float)))
    knots = fit_map("isotonic", margins, relevant).knots
    assert [height for _, height in knots] == pytest.approx(np.clip(heights, 1 / 502, 1 - 1 / 502).tolist())


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.floats(-10_000, 10_000), st.booleans()), min_size=1, max_size=30),
    st.sampled_from(METHODS),
)
def test_any_pairs_have_a_map(some: list[tuple[float, bool]], method: Method) -> None:
    margins, relevant = np.array([m for m, _ in some]), np.array([r for _, r in some])
    fitted = fit_map(method, margins, relevant)
    found = [fitted.probability(margin) for margin in sorted(margins)]
    assert all(0 <= low <= high + 1e-15 <= 1 + 1e-15 for low, high in pairwise(found))


@pytest.mark.parametrize("method", METHODS)
def test_pairs_that_margins_part_leave_doubt(method: Method) -> None:
    margins = np.concatenate((np.linspace(-4, -1, 50), np.linspace(1, 4, 50)))
    fitted = fit_map(method, margins, margins > 0)
    assert 0 < fitted.probability(-4) < 0.05
    assert 0.95 < fitted.probability(4) < 1


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_margins_that_say_the_contrary_get_one_probability(method: Method) -> None:
    margins, relevant, _ = pairs(-1.0, 0.0, count=400)
    fitted = fit_map(method, margins, relevant)
    assert fitted.probability(-10) == pytest.approx(relevant.mean(), abs=0.01)
    assert fitted.probability(10) == pytest.approx(relevant.mean(), abs=0.01)


def test_what_is_reported_was_not_seen() -> None:
    """Every query has one margin of its own and a coin's word: a map that saw it would know."""
    random = np.random.default_rng(3)
    relevant = np.repeat(random.uniform(size=300) < 0.5, 4)
    margins = np.repeat(random.permutation(300) / 30.0, 4)
    queries = np.repeat(np.arange(300), 4).astype(str).tolist()
    report = fit(margins, relevant, queries, "isotonic")
    assert report.after["isotonic"].log_loss > 0.68  # a coin's is 0.693


def test_the_same_pairs_give_the_same_report_in_any_order() -> None:
    margins, relevant, queries = pairs(0.5, -1.0, count=400)
    order = np.random.default_rng(1).permutation(400)
    mixed = fit(margins[order], relevant[order], [queries[place] for place in order])
    first = fit(margins, relevant, queries)
    for one, other in (
        (first.before, mixed.before),
        *zip(first.after.values(), mixed.after.values(), strict=True),
    ):
        assert list(asdict(one).values()) == pytest.approx(list(asdict(other).values()), rel=1e-4)
    assert fit(margins, relevant, queries) == first
    assert fit(margins, relevant, queries, seed=1).after != first.after
    assert (first.pairs, first.queries, first.folds) == (400, 40, 5)


def test_two_queries_make_two_folds() -> None:
    relevant = [True] * 5 + [False] * 5
    assert fit(list(range(10)), relevant, ["a", "b"] * 5, "platt").folds == 2


def test_chosen_precisions_are_reached_or_not() -> None:
    report = fit(*pairs(0.3, -1.0), "platt", precisions=(0.5, 0.8, 1.0))
    half, most, all_of_them = report.thresholds
    assert half.threshold is not None
    assert most.threshold is not None
    assert half.threshold < 0.5 < most.threshold < 0.8  # a precision is a mean over all that lies above
    assert half.precision == pytest.approx(0.5, abs=0.01)
    assert most.precision == pytest.approx(0.8, abs=0.01)
    assert half.pairs > most.pairs > all_of_them.pairs


def test_a_report_is_plain_values() -> None:
    report = fit(*pairs(0.5, 0.0, count=200))
    told = report.to_dict()
    assert report.base.ece == pytest.approx(0)
    assert report.base.log_loss > report.after[report.map.method].log_loss
    assert (
        told["before"].keys() == told["after"]["platt"].keys() == {"ece", "ece_adaptive", "brier", "log_loss"}
    )
    assert [threshold["wanted"] for threshold in told["thresholds"]] == [0.5, 0.8, 0.9, 0.95]


GOOD: dict[str, Any] = {
    "margins": list(range(10)),
    "relevant": [True, False] * 5,
    "query_ids": list("aabbccddee"),
}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"margins": [1.0]}, UsageError),
        ({"margins": [float("nan")] * 10}, UsageError),
        ({"margins": [1e9] * 10}, UsageError),
        ({"method": "other"}, UsageError),
        ({"folds": 1}, UsageError),
        ({"precisions": [0.0]}, UsageError),
        ({"precisions": [float("nan")]}, UsageError),
        ({"relevant": [True] * 10}, DataError),
        ({"query_ids": ["a"] * 10}, DataError),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any], error: type[Exception]) -> None:
    assert isinstance(fit(**GOOD), CalibrationReport)
    with pytest.raises(error):
        fit(**(GOOD | change))
