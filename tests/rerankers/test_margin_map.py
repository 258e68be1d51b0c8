from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import UsageError
from pertinent.rerankers.margin_map import MarginMap
from pertinent.types import logistic
from support.margin_maps import margin_maps

MARGINS = st.floats(-1e6, 1e6)


@given(margin_maps(), MARGINS, MARGINS)
def test_a_higher_margin_never_has_a_lower_probability(margin_map: MarginMap, one: float, other: float):
    low, high = sorted((one, other))
    # The logistic of two neighbouring numbers may be off by its last bit.
    assert margin_map.probability(low) <= math.nextafter(margin_map.probability(high), 2)


@given(margin_maps(), MARGINS)
def test_a_probability_is_one(margin_map: MarginMap, margin: float):
    assert 0 <= margin_map.probability(margin) <= 1


@given(MARGINS)
def test_temperature_one_is_the_plain_logistic(margin: float):
    assert MarginMap("temperature").probability(margin) == logistic(margin)


def test_knots_are_joined_by_lines_and_their_ends_go_on_level():
    curve = MarginMap("isotonic", knots=((-2, 0.1), (0, 0.1), (2, 0.9)))
    assert [curve.probability(margin) for margin in (-9, -2, -1, 0, 1, 2, 9)] == pytest.approx(
        [0.1, 0.1, 0.1, 0.1, 0.5, 0.9, 0.9]
    )


@pytest.mark.parametrize(
    "numbers",
    [
        {"method": "other"},
        {"method": "temperature", "slope": 0.0},
        {"method": "temperature", "slope": -1.0},
        {"method": "temperature", "slope": math.nan},
        {"method": "temperature", "bias": 1.0},
        {"method": "platt", "slope": 1.0, "bias": math.inf},
        {"method": "platt", "knots": ((0.0, 0.5),)},
        {"method": "isotonic"},
        {"method": "isotonic", "knots": ((0.0, 0.5), (0.0, 0.6))},
        {"method": "isotonic", "knots": ((0.0, 0.6), (1.0, 0.5))},
        {"method": "isotonic", "knots": ((0.0, 0.0), (1.0, 1.0))},
        {"method": "isotonic", "knots": ((0.0, math.nan),)},
        {"method": "isotonic", "slope": 2.0, "knots": ((0.0, 0.5),)},
    ],
)
def test_what_is_no_map_is_refused(numbers):
    with pytest.raises(UsageError, match="no"):
        MarginMap(**numbers)
