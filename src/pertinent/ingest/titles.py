"""How long the titles and headings are that every passage of a document carries.

Models read title and headings with each passage, and the collection stores them with each: what is long
there is paid for again and again, and crowds out the passage itself.
"""

from __future__ import annotations

MAX_TITLE_CHARS = 1000
MAX_HEADING_PATH_CHARS = 600


def cut_at_word(text: str, limit: int) -> str:
    """The first words of a text, at most ``limit`` characters.

    Examples
    --------
    >>> cut_at_word("Metformin in adults", 14)
    'Metformin in'
    """
    if len(text) <= limit:
        return text
    # One character more shows whether the limit falls between two words.
    whole = text[: limit + 1].rstrip()
    if len(whole) > limit:
        words = whole.rsplit(None, 1)
        whole = words[0] if len(words) == 2 else whole[:limit]
    return whole


def title_and_text(title: str, text: str) -> tuple[str, str]:
    """Title and text as a document has them: a title that is too long is cut and stands whole in the text.

    Examples
    --------
    >>> title, text = title_and_text("word " * 500, "The text.")
    >>> len(title), text.startswith("word word"), text.endswith("The text.")
    (999, True, True)
    """
    if len(title) <= MAX_TITLE_CHARS:
        return title, text
    return cut_at_word(title, MAX_TITLE_CHARS), f"{title}\n\n{text}" if text else title


def short_headings(headings: tuple[str, ...]) -> tuple[str, ...]:
    """Headings of at most :data:`MAX_HEADING_PATH_CHARS` characters together, each cut to an equal share.

    Examples
    --------
    >>> short_headings(("Asthma", "Treatment"))
    ('Asthma', 'Treatment')
    >>> [len(heading) for heading in short_headings(("x" * 200,) * 6)]
    [100, 100, 100, 100, 100, 100]
    """
    if sum(map(len, headings)) <= MAX_HEADING_PATH_CHARS:
        return headings
    return tuple(cut_at_word(heading, MAX_HEADING_PATH_CHARS // len(headings)) for heading in headings)
