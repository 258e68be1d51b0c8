from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import ProviderRefused
from pertinent.providers.calls import Usage
from pertinent.providers.spending import Purse, cost_of, price_of
from pertinent.types.served import Receipt, total_cost


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=50))
def test_what_is_spent_never_exceeds_the_cap_where_estimates_hold(calls: list[tuple[float, float]]) -> None:
    purse = Purse("p", 1.0)
    for estimate, share in calls:
        try:
            purse.reserve(estimate)
        except ProviderRefused:
            continue
        purse.settle(estimate, estimate * share)
    assert purse.spent <= 1.0 + 1e-9


def test_what_is_under_way_counts_too() -> None:
    purse = Purse("p", 1.0)
    purse.reserve(0.6)
    with pytest.raises(ProviderRefused, match=r"cap of \$1"):
        purse.reserve(0.6)
    purse.settle(0.6, 0.0)
    purse.reserve(0.6)
    purse.settle(0.6, None)
    assert purse.spent == 0.6, "nobody knows whether it was billed"


def test_a_price_that_is_not_known_is_not_taken_for_nothing() -> None:
    with pytest.raises(ProviderRefused, match="price is not known"):
        Purse("p", 1.0).reserve(None)
    Purse("p", None).reserve(None)


def test_the_word_of_the_service_goes_before_the_table() -> None:
    assert cost_of(Usage(tokens=1_000_000, cost=0.01), 5.0) == 0.01
    assert cost_of(Usage(tokens=1_000_000), 5.0) == 5.0
    assert cost_of(Usage(tokens=1_000_000), None) is None
    assert cost_of(Usage(), 5.0) is None
    assert price_of("m", {"m": 1.0}, {"m": 2.0}) == 1.0


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    assert total_cost([Receipt("p", "m", cost=1.0), Receipt("p", "m")]) is None
