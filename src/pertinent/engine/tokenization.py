"""Texts to token ids, in parallel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from tokenizers import Tokenizer

from pertinent.errors import ModelError
from pertinent.families.bert import TokenIds


class TextTokenizer:
    """A tokenizer that reads everything in a text as text.

    Parameters
    ----------
    definition : bytes
        A ``tokenizer.json``.
    control_tokens : Mapping[str, int]
        Control tokens and the ids that the family expects of them.

    Raises
    ------
    ModelError
        If the definition cannot be read or the ids are others.
    """

    def __init__(self, definition: bytes, control_tokens: Mapping[str, int]) -> None:
        try:
            self._tokenizer = Tokenizer.from_buffer(definition)
        except Exception as error:  # the library raises bare Exception for a bad definition
            raise ModelError(
                "The tokenizer file cannot be read.", hint="Reinstall the package, or build the model again."
            ) from error
        if any(self._tokenizer.token_to_id(token) != number for token, number in control_tokens.items()):
            raise ModelError(
                "The tokenizer has other control tokens than the model's family expects.",
                hint="Use the tokenizer that the model was trained with.",
            )
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        # "[SEP]" in a document is text: it must never end the passage.
        self._tokenizer.encode_special_tokens = True

    def encode(self, texts: Sequence[str]) -> list[TokenIds]:
        """Tokenise texts, without control tokens and without a limit.

        Parameters
        ----------
        texts : Sequence[str]
            Any strings; halves of surrogate pairs are read as unknown characters.

        Returns
        -------
        list of int32 arrays
            Ids of each text; empty where nothing in it is text.
        """
        encodings = self._tokenizer.encode_batch_fast(
            [_valid(text) for text in texts], add_special_tokens=False
        )
        return [np.array(encoding.ids, np.int32) for encoding in encodings]


def _valid(text: str) -> str:
    """Replace lone surrogates, which the tokenizer refuses; join those that belong together."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
