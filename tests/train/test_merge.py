from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pertinent.errors import UsageError
from pertinent.train.merge import linear, merge, search_share, slerp

tensors = arrays(np.float32, (3, 2), elements=st.floats(-4, 4, width=32))
shares = st.floats(0, 1)


@given(tensors, tensors)
def test_the_ends_are_the_tensors_themselves(one: np.ndarray, two: np.ndarray) -> None:
    for between in (linear, slerp):
        np.testing.assert_allclose(between(one, two, 0.0), one, atol=1e-5)
        np.testing.assert_allclose(between(one, two, 1.0), two, atol=1e-5)


@given(tensors, shares)
def test_equal_tensors_stay(one: np.ndarray, share: float) -> None:
    np.testing.assert_allclose(slerp(one, one, share), one, atol=1e-5)


@given(tensors, tensors, shares)
def test_the_order_of_two_does_not_matter(one: np.ndarray, two: np.ndarray, share: float) -> None:
    np.testing.assert_allclose(slerp(one, two, share), slerp(two, one, 1 - share), atol=1e-3)


@given(shares)
def test_the_arc_keeps_the_length(share: float) -> None:
    one, two = np.array([[3.0, 0.0]], np.float32), np.array([[0.0, 3.0]], np.float32)
    assert np.linalg.norm(slerp(one, two, share)) == pytest.approx(3.0, abs=1e-5)
    assert np.linalg.norm(linear(one, two, 0.5)) == pytest.approx(3 / np.sqrt(2), abs=1e-5)


def test_each_of_three_has_its_share() -> None:
    parts = [{"w": np.full(2, value, np.float32)} for value in (1.0, 2.0, 6.0)]
    merged = merge(parts, [1, 2, 1], "linear")["w"]
    np.testing.assert_allclose(merged, np.full(2, (1 + 2 * 2 + 6) / 4), rtol=1e-6)


def test_a_share_is_searched_on_a_development_set() -> None:
    one, two = {"w": np.zeros(2, np.float32)}, {"w": np.full(2, 4.0, np.float32)}
    found = search_share(one, two, lambda w: -abs(float(w["w"][0]) - 3.0), method="linear")
    assert found.share == 0.75
    np.testing.assert_allclose(found.weights["w"], 3.0)
    assert found.tried == {0.0: -3.0, 0.25: -2.0, 0.5: -1.0, 0.75: 0.0, 1.0: -1.0}
    assert search_share(one, two, lambda _: 0.0).share == 0.0  # of equals the first
    with pytest.raises(UsageError, match="No share"):
        search_share(one, two, lambda _: 0.0, shares=())


@pytest.mark.parametrize(
    ("other", "share"), [({"v": np.zeros(2, np.float32)}, 1.0), ({"w": np.zeros(3, np.float32)}, 1.0)]
)
def test_other_architectures_are_refused(other: dict[str, np.ndarray], share: float) -> None:
    with pytest.raises(UsageError, match="architecture"):
        merge([{"w": np.zeros(2, np.float32)}, other], [1.0, share])


def test_shares_must_fit() -> None:
    one = {"w": np.zeros(2, np.float32)}
    for parts, weights in (([], []), ([one], [1, 1]), ([one, one], [1, 0])):
        with pytest.raises(UsageError):
            merge(parts, weights)
