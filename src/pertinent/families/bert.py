"""What BERT-style families share: the ids of the control tokens and the form of one input.

Ids are those of the uncased English BERT vocabulary (Devlin et al. 2019, arXiv:1810.04805). A
tokenizer with other ids is refused when the model is loaded.
"""

from __future__ import annotations

from typing import NamedTuple

from pertinent.families.tokens import TokenIds

CONTROL_TOKENS = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102}
CLS = CONTROL_TOKENS["[CLS]"]
SEP = CONTROL_TOKENS["[SEP]"]


class BertInput(NamedTuple):
    """One sequence as the model reads it.

    Parameters
    ----------
    ids : int32, shape (tokens,)
        Token ids, control tokens included.
    segment : int
        Tokens from this position on are of type 1, those before it of type 0.
    """

    ids: TokenIds
    segment: int
