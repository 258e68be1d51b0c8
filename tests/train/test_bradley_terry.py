from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import UsageError
from pertinent.train.bradley_terry import PRIOR, strengths

TABLES = st.integers(1, 7).flatmap(
    lambda n: st.lists(
        st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0, 40.0]), min_size=n, max_size=n), min_size=n, max_size=n
    ).map(lambda rows: np.array(rows) * (1 - np.eye(n)))
)


def test_known_strengths_come_back_from_many_games() -> None:
    true = np.array([1.5, 0.5, -0.2, -1.8])
    odds = 1 / (1 + np.exp(true[None, :] - true[:, None]))
    wins = 1e6 * odds * (1 - np.eye(4))
    assert strengths(wins) == pytest.approx(true - true.mean(), abs=1e-4)


def test_two_players_against_the_equation_they_solve() -> None:
    first, second = strengths([[0, 3], [1, 0]])
    assert first == pytest.approx(-second)
    # Where the slope is zero: wins less expected wins are what the prior pulls back.
    expected = 4 / (1 + math.exp(second - first))
    assert 3 - expected == pytest.approx(first / PRIOR**2, abs=1e-9)


def test_ties_are_half_a_win_of_each() -> None:
    assert strengths([[0, 0.5], [0.5, 0]]) == pytest.approx([0, 0])


def test_who_won_everything_has_a_finite_strength_that_grows_with_the_prior() -> None:
    narrow, wide = (strengths([[0, 5], [0, 0]], prior)[0] for prior in (0.5, 5.0))
    assert 0 < narrow < wide < math.inf


@given(TABLES)
def test_strengths_sum_to_zero_and_turn_around_with_the_outcomes(wins: np.ndarray) -> None:
    found = strengths(wins)
    assert np.isfinite(found).all()
    assert found.sum() == pytest.approx(0, abs=1e-8)
    assert strengths(wins.T) == pytest.approx(-found, abs=1e-6)


@given(TABLES, st.randoms(use_true_random=False))
def test_the_order_of_the_players_does_not_matter(wins: np.ndarray, random) -> None:
    order = list(range(len(wins)))
    random.shuffle(order)
    assert strengths(wins[np.ix_(order, order)]) == pytest.approx(strengths(wins)[order], abs=1e-6)


@given(TABLES)
def test_one_win_more_makes_nobody_weaker(wins: np.ndarray) -> None:
    if len(wins) < 2:
        return
    more = wins.copy()
    more[0, 1] += 1
    before, after = strengths(wins), strengths(more)
    assert after[0] - after[1] >= before[0] - before[1] - 1e-7


@given(TABLES)
def test_the_slope_is_zero_at_the_strengths(wins: np.ndarray) -> None:
    found = strengths(wins)
    expected = 1 / (1 + np.exp(found[None, :] - found[:, None]))
    slope = (wins - (wins + wins.T) * expected).sum(axis=1) - found / PRIOR**2
    assert np.abs(slope).max() < 1e-5


def test_no_players() -> None:
    assert strengths(np.zeros((0, 0))).shape == (0,)


@pytest.mark.parametrize(
    "wins", [[[0, 1]], [[0, -1], [1, 0]], [[0, math.nan], [1, 0]], [[0, math.inf], [1, 0]], [[1]], [1, 2]]
)
def test_what_is_no_table_of_wins(wins: list) -> None:
    with pytest.raises(UsageError, match="no square table"):
        strengths(wins)


@pytest.mark.parametrize("prior", [0, -1, math.nan, math.inf])
def test_what_is_no_prior(prior: float) -> None:
    with pytest.raises(UsageError, match="prior"):
        strengths([[0]], prior)
