"""Fits on pairs whose true probabilities are known."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pertinent.errors import DataError, UsageError
from pertinent.evaluate.calibration.calibrate import CalibrationReport, fit
from pertinent.rerankers.margin_map import METHODS
from support.drawn_pairs import drawn_pairs

FloatArray = npt.NDArray[np.float64]


@pytest.mark.parametrize(("slope", "bias"), [(0.4, 0.0), (0.5, -3.0)])
def test_auto_takes_the_least_log_loss(slope: float, bias: float) -> None:
    report = fit(*drawn_pairs(slope, bias))
    assert report.asked == "auto"
    assert set(report.after) == set(METHODS)
    assert report.after[report.map.method].log_loss == min(q.log_loss for q in report.after.values())
    if bias:
        assert report.map.method == "platt"


def test_what_is_reported_was_not_seen() -> None:
    """Every query has one margin of its own and a coin's word: a map that saw it would know."""
    random = np.random.default_rng(3)
    relevant = np.repeat(random.uniform(size=300) < 0.5, 4)
    margins = np.repeat(random.permutation(300) / 30.0, 4)
    queries = np.repeat(np.arange(300), 4).astype(str).tolist()
    report = fit(margins, relevant, queries, "isotonic")
    assert report.after["isotonic"].log_loss > 0.68  # a coin's is 0.693


def test_the_same_pairs_give_the_same_report_in_any_order() -> None:
    margins, relevant, queries = drawn_pairs(0.5, -1.0, count=400)
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
    report = fit(*drawn_pairs(0.3, -1.0), "platt", precisions=(0.5, 0.8, 1.0))
    half, most, all_of_them = report.thresholds
    assert half.threshold is not None
    assert most.threshold is not None
    assert half.threshold < 0.5 < most.threshold < 0.8  # a precision is a mean over all that lies above
    assert half.precision == pytest.approx(0.5, abs=0.01)
    assert most.precision == pytest.approx(0.8, abs=0.01)
    assert half.pairs > most.pairs > all_of_them.pairs


def test_a_report_is_plain_values() -> None:
    report = fit(*drawn_pairs(0.5, 0.0, count=200))
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
