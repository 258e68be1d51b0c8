"""Cross-encoders that drop what the query does not heed: few words of a passage bear on a question.

After some of the layers, each passage token is measured by the most attention that any word of the query
pays to it, in any head. The lower ones are left out from there on, so the layers above read short sequences.
How many stay follows from the sequence alone, never from others in its batch.

Dropping tokens between layers: Goyal et al., "PoWER-BERT: Accelerating BERT Inference via Progressive
Word-vector Elimination", ICML 2020, arXiv:2001.08950. There all tokens are asked what they heed; a reranker
has a query to ask.

Each token has a standing, which says what it is and who goes first:

=========  ======
``[CLS]``  4
``[SEP]``  3, of the query
word       2, of the query
passage    1
padding    0
=========  ======
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from openvino import Type
from openvino import opset15 as op

from pertinent.engine.batching import LENGTH_STEP
from pertinent.errors import ModelError

Node: TypeAlias = Any
"""An OpenVINO node or one output of it; the library has no types."""

CLS, SEP, WORD, PASSAGE, PADDING = 4, 3, 2, 1, 0

HIDDEN = -1e4
"""Attention score of padding: its weight becomes exactly 0."""

PARTS = 1000
"""Shares are counted in thousandths, so that no rounding of floats adds a token."""

STEPS = 1 << 24
"""Of an attention weight, where tokens are sorted by it."""


@dataclass(frozen=True, slots=True)
class TokenPruning:
    """One place where tokens are dropped.

    Parameters
    ----------
    after : int
        Layers that every token passes.
    share : float
        Of the tokens that the passage had at first; rounded up, so many go on.
    least : int
        So many go on where the share is less: of a short passage every word may count.
    """

    after: int
    share: float
    least: int = 0

    def of(self, tokens: int) -> int:
        """How many of so many tokens of a passage go on.

        Examples
        --------
        >>> [TokenPruning(2, 0.4).of(tokens) for tokens in (0, 1, 5, 6)]
        [0, 1, 2, 3]
        >>> [TokenPruning(2, 0.4, least=4).of(tokens) for tokens in (3, 5, 100)]
        [3, 4, 40]
        """
        share = -(-tokens * round(self.share * PARTS) // PARTS)
        return max(share, min(tokens, self.least))


def check_pruning(pruning: Sequence[TokenPruning], layers: int) -> None:
    """Look whether a model of so many layers can drop tokens there.

    Raises
    ------
    ModelError
        If layers do not rise, one is the last or above it, or a share keeps nothing or everything.
    """
    places = [each.after for each in pruning]
    rising = places == sorted(set(places)) and all(0 < place < layers for place in places)
    if not rising or not all(1 / PARTS <= each.share < 1 and each.least >= 0 for each in pruning):
        raise ModelError(
            f"Tokens cannot be dropped after layers {places} of {layers} by shares "
            f"{[each.share for each in pruning]}.",
            hint="Name rising layers below the last one, and shares between 0.001 and 1.",
        )


def standing(types: Node, mask: Node) -> Node:
    """Standing of each token.

    Parameters
    ----------
    types, mask : int32 node, shape (batch, tokens)
        What the model reads: type 1 is the passage.

    Returns
    -------
    int32 node, shape (batch, tokens)
    """
    asking = op.multiply(mask, op.subtract(_int(1), types))
    padded = op.pad(asking, _int([0, 0]), _int([0, 1]), "constant", _int(0))
    following = op.slice(padded, _int([1]), _int([np.iinfo(np.int32).max]), _int([1]), _int([1]))
    # A query's token is its [SEP] where none follows.
    kind = op.select(op.equal(asking, _int(1)), op.subtract(_int(SEP), following), _int(PASSAGE))
    length = op.gather(op.shape_of(asking, "i32"), _int(1), _int(0))
    first = op.equal(op.range(_int(0), length, _int(1), output_type="i32"), _int(0))
    known = op.select(op.logical_and(first, op.equal(mask, _int(1))), _int(CLS), kind)
    return op.select(op.equal(mask, _int(1)), known, _int(PADDING))


def kept_counts(first: Node, standings: Node, pruning: TokenPruning, longest: int) -> Node:
    """How many tokens of each sequence go on.

    Parameters
    ----------
    first : int32 node, shape (batch, tokens)
        Standings of all tokens, as :func:`standing` gives them.
    standings : int32 node, shape (batch, tokens left)
        Of those that are still there.
    pruning : TokenPruning
        What share.
    longest : int
        Tokens that the model reads at most.

    Returns
    -------
    int32 node, shape (batch, 1)
    """
    # OpenVINO 2026.4 divides integers on CPU in floats and rounds; a table counts exactly.
    table = _int([pruning.of(tokens) for tokens in range(longest + 1)])
    passage = op.gather(table, _count(op.equal(first, _int(PASSAGE))), _int(0))
    wanted = op.add(_count(op.greater_equal(first, _int(WORD))), passage)
    return op.minimum(wanted, _count(op.greater(standings, _int(PADDING))))


def heard(query: Node, key: Node, standings: Node) -> Node:
    """The most attention that any word of the query pays to each token, in any head.

    Parameters
    ----------
    query, key : float node, shape (batch, heads, tokens, size)
        Of one layer.
    standings : int32 node, shape (batch, tokens)
        Of these tokens.

    Returns
    -------
    float node, shape (batch, tokens)
    """
    # Query tokens stand first, so the other rows need not be computed.
    rows = op.reduce_max(_count(op.greater_equal(standings, _int(WORD))), _int([0]), False)
    asking = op.slice(query, _int([0]), rows, _int([1]), _int([2]))
    size = query.get_output_partial_shape(0)[3].get_length()
    logits = op.matmul(op.multiply(asking, _float(size**-0.5)), key, False, True)
    # Selected, not added: OpenVINO 2026.4 on CPU makes all weights equal where -1e9 is added in bfloat16.
    real = op.unsqueeze(op.greater(standings, _int(PADDING)), _int([1, 2]))
    weights = op.softmax(op.select(real, logits, _float(HIDDEN)), 3)
    first = op.unsqueeze(op.slice(standings, _int([0]), rows, _int([1]), _int([1])), _int([1, 3]))
    words = op.select(op.equal(first, _int(WORD)), weights, _float(0))
    return op.reduce_max(words, _int([1, 2]), False)


def drop(states: Node, standings: Node, attention: Node, counts: Node) -> tuple[Node, Node]:
    """Leave out tokens; what stays stands in the order of standing and attention.

    Parameters
    ----------
    states : float node, shape (batch, tokens, hidden)
        What the layer made.
    standings : int32 node, shape (batch, tokens)
        Of these tokens.
    attention : float node, shape (batch, tokens)
        See :func:`heard`.
    counts : int32 node, shape (batch, 1)
        See :func:`kept_counts`.

    Returns
    -------
    states, standings : nodes
        Of as many tokens as the longest of the shortened sequences has.
    """
    # Sorted as integers, which are exact in any precision. A passage's token lies between padding and query,
    # since attention weights lie in 0..1.
    steps = op.convert(op.multiply(attention, _float(STEPS)), Type.i32)
    fixed = op.multiply(op.subtract(standings, _int(PASSAGE)), _int(2 * STEPS))
    worth = op.select(op.equal(standings, _int(PASSAGE)), steps, fixed)
    # Lengths in steps, as those of batches are: each new shape costs the engine time.
    longest = op.squeeze(op.reduce_max(counts, _int([0]), True), _int([0, 1]))
    length = op.gather(op.shape_of(standings, "i32"), _int(1), _int(0))
    over = op.floor_mod(op.multiply(longest, _int(-1)), _int(LENGTH_STEP))
    most = op.minimum(op.add(longest, over), length)
    best = op.topk(worth, most, 1, "max", "value", "i32", True)
    chosen = best.output(1)
    rank = op.range(_int(0), most, _int(1), output_type="i32")
    stays = op.select(
        op.less(op.unsqueeze(rank, _int([0])), counts),
        op.gather(standings, chosen, _int(1), 1),
        _int(PADDING),
    )
    return op.gather(states, chosen, _int(1), 1), stays


def _count(flags: Node) -> Node:
    return op.reduce_sum(op.convert(flags, Type.i32), _int([1]), True)


def _float(value: float) -> Node:
    return op.constant(np.array(value, np.float32))


def _int(value: int | list[int]) -> Node:
    return op.constant(np.array(value, np.int32))
