"""Strings that tokenizers can read."""

from __future__ import annotations


def valid_text(text: str) -> str:
    """Replace lone surrogates, which tokenizers refuse; join those that belong together.

    Examples
    --------
    >>> valid_text("pill \\ud83d\\udc8a") == "pill 💊", valid_text("a\\ud800") == "a\\ufffd"
    (True, True)
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
