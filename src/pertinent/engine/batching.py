"""Which sequences run together: batches under a token budget, padding included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

LENGTH_STEP = 16
"""Padded lengths are multiples of this, so that few shapes occur and little is padded."""


class Batch(NamedTuple):
    """Sequences that run together.

    Parameters
    ----------
    indices : tuple[int, ...]
        Places in the list that was planned.
    length : int
        Tokens each is padded to.
    """

    indices: tuple[int, ...]
    length: int


def padded_length(tokens: int, step: int = LENGTH_STEP) -> int:
    """Round up to the next multiple of ``step``.

    Examples
    --------
    >>> padded_length(16), padded_length(17)
    (16, 32)
    """
    return -(-tokens // step) * step


def plan_batches(lengths: Sequence[int], token_budget: int, step: int = LENGTH_STEP) -> list[Batch]:
    """Group sequences of equal padded length, longest first.

    A sequence's padded length depends on itself alone, so its result cannot depend on its
    neighbours, and at most ``step - 1`` of its tokens are padding. Every batch stays
    within the budget, but for a single sequence that alone exceeds it.

    Parameters
    ----------
    lengths : Sequence[int]
        Tokens of each sequence.
    token_budget : int
        Tokens of one batch, padding included.
    step : int
        Padded lengths are multiples of this.

    Examples
    --------
    >>> plan_batches([5, 40, 12, 16], token_budget=32)
    [Batch(indices=(1,), length=48), Batch(indices=(0, 2), length=16), Batch(indices=(3,), length=16)]
    """
    groups: dict[int, list[int]] = {}
    for index, tokens in enumerate(lengths):
        groups.setdefault(padded_length(tokens, step), []).append(index)
    batches: list[Batch] = []
    for length in sorted(groups, reverse=True):
        size = max(1, token_budget // length)
        group = groups[length]
        batches.extend(
            Batch(tuple(group[start : start + size]), length) for start in range(0, len(group), size)
        )
    return batches


def plan_sorted(lengths: Sequence[int], token_budget: int, extra: int = 0) -> list[tuple[int, ...]]:
    """Group sequences of similar length, longest first, for engines that pad only the attention.

    Parameters
    ----------
    lengths : Sequence[int]
        Tokens of each sequence.
    token_budget : int
        Tokens of one batch if all were as long as its longest; a single sequence may exceed it.
    extra : int
        Tokens that each sequence counts for besides its own.

    Examples
    --------
    >>> plan_sorted([5, 40, 12, 16], token_budget=40)
    [(1,), (3, 2), (0,)]
    >>> plan_sorted([5, 40, 12, 16], token_budget=40, extra=10)
    [(1,), (3,), (2,), (0,)]
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    batches: list[tuple[int, ...]] = []
    start = 0
    while start < len(order):
        size = max(1, token_budget // max(1, lengths[order[start]] + extra))
        batches.append(tuple(order[start : start + size]))
        start += size
    return batches
