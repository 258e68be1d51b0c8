"""What a service's complaint becomes in an error: nothing of it that may be the user's text.

Validation errors like to repeat what they were given. A complaint that shares more than a few letters with a
text of the request, or quotes any of it, is left out whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

SHARED = 12
"""So many bytes of UTF-8 in a row that stand in a text too make a complaint a quotation."""

LONGEST_READ = 300
LEAST_QUOTED = 3

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_QUOTED = re.compile(r"""['"`‘“«]([^'"`‘’“”«»]+)""")


def shown(complaint: str, texts: Sequence[str], key: str = "") -> str:
    """A complaint that may stand in an error; empty where it repeats a text.

    Parameters
    ----------
    complaint : str
        As the dialect read it.
    texts : Sequence[str]
        What was sent.
    key : str
        The key, which is no more shown than a text.

    Examples
    --------
    >>> shown("queries and documents differ in length", ["It rained."])
    'queries and documents differ in length'
    >>> shown("bad input: 'Patient Smith'", ["Patient Smith has a cold."])
    ''
    """
    said = " ".join(complaint.split())[:LONGEST_READ]
    if key and key in complaint:
        return ""
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), said)
    low = _folded(plain)
    pieces = {low[at : at + SHARED] for at in range(len(low) - SHARED + 1)}
    quoted = (_folded(part.strip(" .…")) for part in _QUOTED.findall(plain))
    pieces |= {part for part in quoted if len(part) >= LEAST_QUOTED}
    for text in texts:
        flat = _folded(text)
        short = 1 < len(flat) < SHARED and flat in low
        if short or any(piece in flat for piece in pieces):
            return ""
    return said


def _folded(text: str) -> bytes:
    return " ".join(text.split()).casefold().encode("utf-8", "surrogatepass")


def texts_in(body: Any) -> list[str]:
    """All strings of a request's body.

    Examples
    --------
    >>> texts_in({"query": "a", "documents": ["b", {"text": "c"}], "top_n": 3})
    ['a', 'b', 'c']
    """
    if isinstance(body, str):
        return [body]
    parts = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return [text for part in parts for text in texts_in(part)]
