"""Whether two passages hold the same text, one perhaps cut, or without its title or a sentence.

The share of stretches of the shorter one that stand in the longer one, a simple case of the containment of
Broder, "On the resemblance and containment of documents" (1997). White space, punctuation and case do not
count, so it works in any script.
"""

from __future__ import annotations

import re

STRETCH = 24
"""Characters of a stretch: few of them come together by chance."""
SAME_SHARE = 0.5

_BETWEEN = re.compile(r"[\W_]+")


def bare_text(text: str) -> str:
    """Letters and digits of a text without regard to case.

    Examples
    --------
    >>> bare_text("In vivo, it did!")
    'invivoitdid'
    """
    return _BETWEEN.sub("", text.casefold())


def same_text(one: str, other: str) -> bool:
    """Whether half of the shorter one stands in the longer one; less than a stretch has to be all there is.

    Parameters
    ----------
    one, other : str
        As :func:`bare_text` gives them.

    Examples
    --------
    >>> whole = bare_text("The drug lowers glucose in adults. It was safe. Nobody fell ill while taking it.")
    >>> part = bare_text("It was safe. Nobody fell ill while taking it.")
    >>> same_text(whole, part), same_text(whole, bare_text("The drug is rarely given to small children."))
    (True, False)
    """
    short, long = sorted((one, other), key=len)
    if len(short) < STRETCH:
        return bool(short) and short == long
    stretches = [short[at : at + STRETCH] for at in range(0, len(short) - STRETCH + 1, STRETCH)]
    return sum(stretch in long for stretch in stretches) >= SAME_SHARE * len(stretches)
