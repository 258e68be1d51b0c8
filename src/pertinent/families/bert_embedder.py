"""BERT-style embedder: one text, one unit vector.

Form: ``[CLS] text [SEP]``, all of token type 0. The vector is the mean over all token states
(control tokens included, as in Reimers and Gurevych 2019, arXiv:1908.10084) or the state of
``[CLS]``, scaled to length 1. Some models want a prefix before a query; it is part of the model's
description and is tokenised with the query, as it was in training.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from pertinent.families.bert import CLS, SEP, BertInput
from pertinent.families.tokens import TokenIds

NAME = "bert_embedder"
CONTROL_COUNT = 2
"""Control tokens of one text."""


class Pooling(StrEnum):
    """How token states become one vector."""

    MEAN = "mean"
    CLS = "cls"


def text_limit(max_tokens: int) -> int:
    """Count the text tokens that fit in the window.

    Examples
    --------
    >>> text_limit(256)
    254
    """
    return max_tokens - CONTROL_COUNT


def wrap(text: TokenIds) -> BertInput:
    """Put the control tokens around the ids of a text.

    Examples
    --------
    >>> wrap(np.array([7], np.int32)).ids.tolist()
    [101, 7, 102]
    """
    ids = np.empty(len(text) + CONTROL_COUNT, np.int32)
    ids[0] = CLS
    ids[1:-1] = text
    ids[-1] = SEP
    return BertInput(ids, len(ids))
