from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.providers.retrying import (
    LEAST_JITTER,
    LONGEST_WAIT,
    RetryBudget,
    backoff,
    may_retry,
    wished_wait,
)


@pytest.mark.parametrize(
    ("status", "again"),
    [
        *((status, True) for status in (408, 409, 425, 429, 500, 502, 503, 504, 529)),
        *((status, False) for status in (400, 401, 402, 403, 404, 405, 413, 422)),
    ],
)
def test_which_statuses_are_tried_again(status: int, again: bool) -> None:
    assert may_retry(status, {}) is again
    assert may_retry(status, {"x-should-retry": "false"}) is False
    assert may_retry(status, {"x-should-retry": "true"}) is (status not in {401, 403})
    assert may_retry(status, {"x-should-retry": "perhaps"}) is again


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "no", "retry-after": "2"}, 2.0),
        ({"retry-after": formatdate(1_060, usegmt=True)}, 60.0),
        ({"retry-after": formatdate(900, usegmt=True)}, 0.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:17:40"}, 60.0),
        ({"retry-after": "Thu, 01 Jan 1970 01:17:40 +0100"}, 60.0),
        *(({"retry-after": wish}, None) for wish in ("", "soon", "-3", "nan", "inf", "1e9", "9" * 400, "١")),
        ({}, None),
    ],
)
def test_each_form_of_a_wish_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert wished_wait(headers, 1_000.0) == seconds


@given(st.text(max_size=60))
def test_no_wish_breaks_the_client(wish: str) -> None:
    for header in ("retry-after", "retry-after-ms"):
        wait = wished_wait({header: wish}, 0.0)
        assert wait is None or wait >= 0


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_waits_are_bounded_and_jittered(attempt: int, chance: float) -> None:
    wait = backoff(attempt, chance)
    assert LEAST_JITTER * backoff(attempt, 1.0) <= wait <= backoff(attempt, 1.0) <= LONGEST_WAIT
    assert backoff(attempt, 1.0) <= backoff(attempt + 1, 1.0)


@given(st.lists(st.booleans(), max_size=300))
def test_retries_stay_a_share_of_all_requests(asked: list[bool]) -> None:
    budget = RetryBudget(most=3, earned=0.2)
    first = retries = 0
    for begins in asked:
        if begins:
            budget.earn()
            first += 1
        else:
            retries += budget.take()
    assert retries <= 3 + 0.2 * first
