"""BERT-style cross-encoder: one sequence of query and passage, one logit, which is the margin.

Form: ``[CLS] query [SEP] passage [SEP]``; the passage and its closing ``[SEP]`` have token type 1
(Nogueira and Cho 2019, arXiv:1901.04085). Query and passage are tokenised apart and joined as
ids, so no text can change where one ends and the other begins.
"""

from __future__ import annotations

import numpy as np

from pertinent.families.bert import CLS, SEP, BertInput
from pertinent.families.tokens import TokenIds

NAME = "cross_encoder"
CONTROL_COUNT = 3
"""Control tokens of one pair."""

QUERY_SHARE = 0.5
"""Share of the window that a query may take; what is longer is cut at its end."""


def query_limit(max_tokens: int) -> int:
    """Count the query tokens that are read at most.

    Examples
    --------
    >>> query_limit(512)
    254
    """
    return int((max_tokens - CONTROL_COUNT) * QUERY_SHARE)


def passage_limit(max_tokens: int, query_tokens: int) -> int:
    """Count the passage tokens that fit beside a query of that many tokens.

    Examples
    --------
    >>> passage_limit(512, 9)
    500
    """
    return max_tokens - CONTROL_COUNT - query_tokens


def join(query: TokenIds, passage: TokenIds) -> BertInput:
    """Join the ids of a query and a passage to one input.

    Examples
    --------
    >>> pair = join(np.array([7], np.int32), np.array([8, 9], np.int32))
    >>> pair.ids.tolist(), pair.segment
    ([101, 7, 102, 8, 9, 102], 3)
    """
    ids = np.empty(len(query) + len(passage) + CONTROL_COUNT, np.int32)
    segment = len(query) + 2
    ids[0] = CLS
    ids[1 : segment - 1] = query
    ids[segment - 1] = SEP
    ids[segment:-1] = passage
    ids[-1] = SEP
    return BertInput(ids, segment)
