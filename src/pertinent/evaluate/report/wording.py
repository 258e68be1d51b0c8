"""How figures of an evaluation are written, in the console and on the page alike."""

from __future__ import annotations

import math

from pertinent.evaluate.result import Comparison, Interval
from pertinent.types import printable

ALPHA = 0.05
"""A corrected p below it gets the mark."""

MARK = "*"

NOTHING = "–"
"""Stands where a figure is not known."""

NO_CHARACTERS = {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}
"""Neither XML nor HTML may hold them."""

KINDS = {
    "retrieval": "search in all documents",
    "candidates": "order of given candidates",
    "memory": "search in one conversation each",
    "screening": "order of all documents for a review",
}


def number(value: float) -> str:
    """A measure with three decimals.

    Examples
    --------
    >>> number(0.71449), number(-0.5), number(float("nan"))
    ('0.714', '−0.500', '–')
    """
    if not math.isfinite(value):
        return NOTHING
    # Rounding may leave nothing of a small loss; zero has no sign.
    return f"{round(value, 3) + 0.0:.3f}".replace("-", "−")


def signed(value: float) -> str:
    """A difference with its sign.

    Examples
    --------
    >>> signed(0.0321), signed(-0.0321), signed(-0.0001)
    ('+0.032', '−0.032', '0.000')
    """
    return f"+{number(value)}" if math.isfinite(value) and round(value, 3) > 0 else number(value)


def span(interval: Interval) -> str:
    """Both ends of a mean's interval.

    Examples
    --------
    >>> span((0.688, 0.739)), span((-0.1, 0.2))
    ('0.688–0.739', '−0.100 to 0.200')
    """
    low, high = interval
    if not (math.isfinite(low) and math.isfinite(high)):
        return NOTHING
    return f"{number(low)}{' to ' if low < 0 else '–'}{number(high)}"


def signed_span(interval: Interval) -> str:
    """Both ends of a difference's interval.

    Examples
    --------
    >>> signed_span((-0.01, 0.052))
    '−0.010 to +0.052'
    """
    known = math.isfinite(interval[0]) and math.isfinite(interval[1])
    return f"{signed(interval[0])} to {signed(interval[1])}" if known else NOTHING


def probability(p: float) -> str:
    r"""A p value, never written as zero.

    Examples
    --------
    >>> probability(0.00009), probability(0.0124), probability(1.0)
    ('<\xa00.001', '0.012', '1.000')
    """
    return "<\u00a00.001" if 0 <= p < 0.001 else number(p)


def is_significant(comparison: Comparison) -> bool:
    """Whether a difference keeps its significance after Holm's correction."""
    return comparison.p_holm < ALPHA


def duration(seconds: float | None) -> str:
    """A time in the unit that suits it.

    Examples
    --------
    >>> duration(0.00041), duration(0.0123), duration(0.2), duration(3.21), duration(None)
    ('0.41 ms', '12 ms', '200 ms', '3.2 s', '–')
    """
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    if seconds < 0.9995:
        milliseconds = seconds * 1000
        return f"{milliseconds:.2g} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 99.95 else f"{seconds:,.0f} s"


def amount(value: float | None) -> str:
    """A mean count.

    Examples
    --------
    >>> amount(12345.6), amount(40.0), amount(1.25), amount(None)
    ('12,346', '40', '1.2', '–')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{value:,.0f}" if value >= 99.95 or value == round(value) else f"{value:.1f}"


def price(value: float | None) -> str:
    """What a query costs, with three leading digits.

    Examples
    --------
    >>> price(0.00012345), price(0.0), price(None)
    ('0.000123', '0', '–')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{value:.{max(2, 2 - math.floor(math.log10(value)))}f}" if value > 0 else "0"


def counted(count: int, thing: str, things: str) -> str:
    """A count with its word.

    Examples
    --------
    >>> counted(1, "query", "queries"), counted(6980, "query", "queries")
    ('1 query', '6,980 queries')
    """
    return f"{count:,} {thing if count == 1 else things}"


def plain(text: str) -> str:
    r"""A foreign name for one line of a page or a plot: nothing in it hides, turns or breaks text.

    Examples
    --------
    >>> plain("a\x00b\n c")
    'a�b c'
    """
    return " ".join(printable(text).translate(NO_CHARACTERS).split())


def shortened(text: str, most: int) -> str:
    """A name that keeps its start and its end, which tell models apart.

    Examples
    --------
    >>> shortened("rerank:organisation/model-large", 20)
    'rerank:org…del-large'
    """
    if len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{text[: most - 1 - end]}…{text[len(text) - end :]}"
