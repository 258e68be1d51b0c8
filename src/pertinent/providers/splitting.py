"""Cut a call into parts that a service takes: so many documents, so many tokens.

A service counts tokens with its model's tokenizer, which is not here. Three bytes of UTF-8 for a token count
more than nearly every text has: English has about four characters a token, Chinese one or two characters of
three bytes. So parts come out a little small, and are not refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pertinent.providers.facts import Limits

BYTES_PER_TOKEN = 3
PAIR_OVERHEAD = 128
"""Tokens of the prompt around a query and its document, at most."""

MOST_DOCUMENTS = 1000
MOST_TEXTS = 96
MOST_BYTES = 4_000_000
"""Of one request, whatever the service takes: a failure costs no more than that."""


def estimated_tokens(text: str) -> int:
    """Tokens of a text, rather too many than too few.

    Examples
    --------
    >>> estimated_tokens("Metformin lowers glucose.")
    9
    """
    return len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN + 1


def split_documents(query: str, documents: Sequence[str], limits: Limits) -> Iterator[slice]:
    """Parts of a rerank call, in order; a document that is too long for any part is one of its own.

    Parameters
    ----------
    query : str
        Read again with each document.
    documents : Sequence[str]
        What is cut into parts.
    limits : Limits
        What the service takes.

    Examples
    --------
    >>> [(part.start, part.stop) for part in split_documents("q", ["a"] * 5, Limits(documents=2))]
    [(0, 2), (2, 4), (4, 5)]
    """
    beside = estimated_tokens(query) + PAIR_OVERHEAD
    yield from _split(documents, beside, limits.documents or MOST_DOCUMENTS, limits.call_tokens)


def split_texts(texts: Sequence[str], limits: Limits) -> Iterator[slice]:
    """Parts of an embedding call, in order."""
    yield from _split(texts, 0, limits.texts or MOST_TEXTS, limits.call_tokens)


def cut_to(text: str, tokens: int) -> tuple[str, int]:
    """Cut a text that has more tokens by estimate.

    Returns
    -------
    text : str
        Its beginning.
    cut : int
        Tokens that are left out, by estimate; 0 where all fits.

    Examples
    --------
    >>> cut_to("glucose " * 100, 16)[1]
    251
    """
    data = text.encode("utf-8", "surrogatepass")
    excess = estimated_tokens(text) - tokens
    if excess <= 0:
        return text, 0
    kept = data[: max(0, tokens - 1) * BYTES_PER_TOKEN]
    while kept and (data[len(kept)] & 0xC0) == 0x80:  # not in the middle of a character
        kept = kept[:-1]
    return kept.decode("utf-8", "surrogatepass"), excess


def fit_query(query: str, limits: Limits) -> tuple[str, int]:
    """Cut a query that leaves too little room for a document beside it; as :func:`cut_to`."""
    # At least half of a pair is the document's, as it is with models here.
    half = None if limits.pair_tokens is None else max(1, (limits.pair_tokens - PAIR_OVERHEAD) // 2)
    known = [limit for limit in (limits.query_tokens, half) if limit is not None]
    return cut_to(query, min(known)) if known else (query, 0)


def fit_documents(
    query: str, documents: Sequence[str], limits: Limits
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Cut documents that do not fit beside the query.

    Returns
    -------
    documents : tuple[str, ...]
        Their beginnings.
    cuts : tuple[int, ...]
        Tokens that are left out of each, by estimate.

    Examples
    --------
    >>> texts, cuts = fit_documents("q", ["glucose " * 100, "rain"], Limits(pair_tokens=145))
    >>> len(texts[0]), cuts
    (45, (251, 0))
    """
    if limits.pair_tokens is None:
        return tuple(documents), (0,) * len(documents)
    left = max(1, limits.pair_tokens - estimated_tokens(query) - PAIR_OVERHEAD)
    fitted = [cut_to(document, left) for document in documents]
    return tuple(text for text, _ in fitted), tuple(cut for _, cut in fitted)


def pair_tokens(query: str, documents: Sequence[str]) -> int:
    """Tokens of a query with each of the documents, rather too many than too few."""
    beside = estimated_tokens(query) + PAIR_OVERHEAD
    return sum(beside + estimated_tokens(document) for document in documents)


def _split(texts: Sequence[str], beside: int, most: int, most_tokens: int | None) -> Iterator[slice]:
    start = tokens = size = 0
    for place, text in enumerate(texts):
        own = estimated_tokens(text) + beside
        own_size = len(text.encode("utf-8", "surrogatepass"))
        full = place - start == most or size + own_size > MOST_BYTES
        if (full or (most_tokens is not None and tokens + own > most_tokens)) and place > start:
            yield slice(start, place)
            start, tokens, size = place, 0, 0
        tokens += own
        size += own_size
    if start < len(texts):
        yield slice(start, len(texts))
