"""Whether and when a request is sent again.

==============================  =======================================================================
what came back                  what happens
==============================  =======================================================================
408, 409, 425, 429, 5xx         sent again, unless ``x-should-retry: false`` forbids it
no connection, reset, timeout   sent again
401, 403                        never again
other statuses                  not again, unless ``x-should-retry: true`` asks for it
==============================  =======================================================================

The wait doubles from attempt to attempt, with jitter so that clients that failed together do not come back
together. A wish of the service (``retry-after-ms``, ``Retry-After`` in seconds or as a date) is kept; where
it reaches beyond the deadline nobody waits. A budget keeps retries a small share of all requests, so that a
service in trouble is not asked all the more.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

FIRST_WAIT = 0.5
LONGEST_WAIT = 8.0
"""Seconds, unless the service wishes for another wait."""

LEAST_JITTER = 0.5
"""A wait is this share of what it could be at least."""

MOST_TOKENS = 10.0
EARNED = 0.2
"""Retries that may follow each other at once, and what each first attempt adds to them."""

_PASSING = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}
_KEY_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_NUMBER = re.compile(r"\d{1,12}(\.\d{1,9})?", re.ASCII)


class Clock:
    """The time, and waiting; tests give another one."""

    def now(self) -> float:
        """Seconds of a clock that is never set."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def may_retry(status: int, headers: Mapping[str, str]) -> bool:
    """Whether a request that was answered with this status may be sent again.

    Parameters
    ----------
    status : int
        HTTP status, 400 or more.
    headers : Mapping[str, str]
        Of the answer; names in lower case.

    Examples
    --------
    >>> may_retry(503, {}), may_retry(400, {}), may_retry(503, {"x-should-retry": "false"})
    (True, False, False)
    """
    if status in _KEY_REFUSED:
        return False
    wish = headers.get("x-should-retry", "").lower()
    if wish in {"true", "false"}:
        return wish == "true"
    return status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def wished_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a service asks its client to wait; None where it asks for none that is understood.

    Parameters
    ----------
    headers : Mapping[str, str]
        Of the answer; names in lower case.
    now : float
        Seconds since 1970.

    Examples
    --------
    >>> wished_wait({"retry-after-ms": "250", "retry-after": "3"}, 0.0)
    0.25
    >>> wished_wait({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, 20.0)
    40.0
    """
    milliseconds = headers.get("retry-after-ms", "").strip()
    if _NUMBER.fullmatch(milliseconds):
        return float(milliseconds) / 1000
    wish = headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(wish):
        return float(wish)
    try:
        date = parsedate_to_datetime(wish)
        # A date without a zone means GMT, which HTTP writes by definition.
        then = date if date.tzinfo else date.replace(tzinfo=UTC)
        return max(0.0, then.timestamp() - now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def backoff(attempt: int, chance: float) -> float:
    """Seconds to wait after an attempt that failed.

    Parameters
    ----------
    attempt : int
        Which one, from 1.
    chance : float
        Random, from 0 to 1.

    Examples
    --------
    >>> backoff(1, 1.0), backoff(2, 0.0), backoff(60, 1.0)
    (0.5, 0.5, 8.0)
    """
    longest = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempt - 1, 30))
    return longest * (LEAST_JITTER + (1 - LEAST_JITTER) * chance)


class RetryBudget:
    """A bucket of tokens: each first attempt adds a part of one, each retry takes one.

    Examples
    --------
    >>> budget = RetryBudget(most=1.0)
    >>> budget.take(), budget.take()
    (True, False)
    """

    def __init__(self, most: float = MOST_TOKENS, earned: float = EARNED) -> None:
        self._most = most
        self._earned = earned
        self._tokens = most

    def earn(self) -> None:
        """Note a first attempt."""
        self._tokens = min(self._most, self._tokens + self._earned)

    def take(self) -> bool:
        """Take a token for a retry; False where there is none."""
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
