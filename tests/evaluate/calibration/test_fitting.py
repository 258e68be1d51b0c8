"""Fits of one method: what is true is found again, and no margin is ever a worse sign for being higher."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression

from pertinent.evaluate.calibration.calibrate import fit
from pertinent.evaluate.calibration.fitting import fit_map
from pertinent.rerankers.margin_map import METHODS, Method
from support.drawn_pairs import drawn_pairs

FloatArray = npt.NDArray[np.float64]


def test_a_temperature_is_found_again_and_the_error_falls() -> None:
    report = fit(*drawn_pairs(0.4, 0.0), "temperature")
    assert report.map.slope == pytest.approx(0.4, rel=0.05)
    assert report.before.ece > 0.1
    assert report.after["temperature"].ece < 0.03
    assert report.after["temperature"].ece_adaptive < 0.03
    assert report.after["temperature"].brier < report.before.brier
    assert report.after["temperature"].log_loss < report.before.log_loss


def test_a_line_is_found_again() -> None:
    report = fit(*drawn_pairs(0.7, -2.0), "platt")
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


def test_isotonic_steps_are_those_of_scikit_learn() -> None:
    margins, relevant, _ = drawn_pairs(0.5, 0.0, count=500)
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
    margins, relevant, _ = drawn_pairs(-1.0, 0.0, count=400)
    fitted = fit_map(method, margins, relevant)
    assert fitted.probability(-10) == pytest.approx(relevant.mean(), abs=0.01)
    assert fitted.probability(10) == pytest.approx(relevant.mean(), abs=0.01)
