"""Long lists of texts in pieces, so that tokens of all of them never stand in memory at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized

from pertinent.errors import UsageError

CHUNK_TEXTS = 1024
CHUNK_CHARACTERS = 2_000_000


def require_texts(texts: Sequence[str], what: str) -> None:
    """Refuse what is not a sequence of strings.

    Raises
    ------
    UsageError
        If it is a single string, or an item is not a string.

    Examples
    --------
    >>> require_texts(["one"], "documents")
    """
    if isinstance(texts, str | bytes):
        raise UsageError(f"The {what} are one string.", hint="Give a list of strings.")
    if not _has_length(texts):
        raise UsageError(f"The {what} are no list.", hint="Give a list of strings.")
    wrong = next((type(text).__name__ for text in texts if not isinstance(text, str)), None)
    if wrong is not None:
        raise UsageError(f"One of the {what} is of type {wrong}.", hint="Give strings.")


def chunk_texts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a list into runs of bounded number and length; a text longer than that is a run of its own.

    Examples
    --------
    >>> [len(chunk) for chunk in chunk_texts(["a"] * 1025)]
    [1024, 1]
    """
    start = characters = 0
    for place, text in enumerate(texts):
        full = place - start == CHUNK_TEXTS or characters + len(text) > CHUNK_CHARACTERS
        if full and place > start:
            yield texts[start:place]
            start, characters = place, 0
        characters += len(text)
    if start < len(texts):
        yield texts[start:]


def _has_length(given: object) -> bool:
    return isinstance(given, Sized) and isinstance(given, Iterable)
