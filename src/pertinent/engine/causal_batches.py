"""How texts of a decoder are cut and put side by side: arithmetic alone, for every engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pertinent.families.tokens import TokenIds

LENGTH_STEP = 8
"""Padded lengths are multiples of this."""

LONGEST_CHUNK = 512
"""Tokens of one text that are read at once; longer texts go by chunks."""

SHORTEST_CHUNK = 64
"""Tokens under which reading a text by chunks gains nothing."""

CHUNKS = 6
"""Chunks of a text of middle length: more keep more threads busy, and each does its work less well."""

ATTENTION_CELLS = 1 << 21
"""New tokens times tokens they see, of one sequence at once: bounds the memory of attention."""

PRUNED_TOKENS = 1 << 15
"""Tokens whose states wait between layers for the others' when candidates are dropped."""


def padded(tails: Sequence[TokenIds], length: int) -> tuple[TokenIds, TokenIds]:
    """Token ids (tails, length), padded on the right where causal attention never looks; last places."""
    ids = np.zeros((len(tails), length), np.int32)
    for row, tail in zip(ids, tails, strict=True):
        row[: len(tail)] = tail
    return ids, np.array([len(tail) - 1 for tail in tails], np.int32)


def groups(places: list[int], tails: Sequence[TokenIds]) -> Iterator[list[int]]:
    """Cut places into groups whose states fit in memory together."""
    group: list[int] = []
    tokens = 0
    for place in places:
        if tokens + len(tails[place]) > PRUNED_TOKENS:
            yield group
            group, tokens = [], 0
        group.append(place)
        tokens += len(tails[place])
    if group:
        yield group


def longest_chunk(past: int) -> int:
    """Tokens of one text that are read at once after so many others."""
    return max(LENGTH_STEP, min(LONGEST_CHUNK, ATTENTION_CELLS // (past + LONGEST_CHUNK)))


def chunk_ends(tokens: int, past: int) -> list[int]:
    """Where the chunks of a text end: about ``CHUNKS`` of them, within what is quick and what fits.

    Examples
    --------
    >>> chunk_ends(100, 0), chunk_ends(400, 0), chunk_ends(6000, 0)[:2]
    ([100], [67, 134, 201, 268, 334, 400], [512, 1024])
    """
    ends: list[int] = []
    while (done := ends[-1] if ends else 0) < tokens:
        size = min(longest_chunk(past + done), max(SHORTEST_CHUNK, tokens // CHUNKS))
        count = max(1, (tokens - done) // size)
        ends.append(done + min(longest_chunk(past + done), -(-(tokens - done) // count)))
    return ends
