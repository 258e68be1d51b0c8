"""Texts to token ids, in parallel.

Long texts are tokenised in pieces, because the library keeps about eighty bytes for each character
of a text that it works on. A cut changes no id: BERT normalises character by character, and its
words never reach over white space, ASCII punctuation or an ideograph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from tokenizers import Tokenizer

from pertinent.engine.unicode_text import valid_text
from pertinent.errors import ModelError
from pertinent.families.tokens import TokenIds

PIECE_CHARACTERS = 1 << 16
"""Characters of a text that are tokenised at once, where it has a place to cut."""

GROUP_CHARACTERS = 1 << 19
"""Characters of all pieces that are tokenised side by side."""

LONGEST_WORD = 4096
"""Letters and digits of one word that are looked at in a piece that has no place to cut.

WordPiece reads a word of more than 100 characters as one unknown token, however it goes on.
"""

_WORD_END = re.compile(r"[ \t\n\r!-/:-@\[-`{-~\u3000-\u3002\u4e00-\u9fff]")
_LONG_WORD = re.compile(rf"([0-9A-Za-z]{{{LONGEST_WORD}}})[0-9A-Za-z]+")


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
        found: list[list[TokenIds]] = [[] for _ in texts]
        for group in _groups(texts):
            encodings = self._tokenizer.encode_batch_fast(
                [valid_text(_shortened(piece)) for _, piece in group], add_special_tokens=False
            )
            for (owner, _), encoding in zip(group, encodings, strict=True):
                found[owner].append(np.array(encoding.ids, np.int32))
        return [parts[0] if len(parts) == 1 else np.concatenate(parts) for parts in found]


def cut_text(text: str) -> Iterator[str]:
    """Cut a long text after characters that end a word; the pieces join to the text.

    A run without such a character stays whole, however long it is.

    Examples
    --------
    >>> list(cut_text("short"))
    ['short']
    """
    start = 0
    while len(text) - start > PIECE_CHARACTERS:
        limit = start + PIECE_CHARACTERS
        cut = next((place for place in range(limit, start, -1) if _WORD_END.match(text, place - 1)), None)
        if cut is None:
            later = _WORD_END.search(text, limit)
            if later is None:
                break
            cut = later.end()
        yield text[start:cut]
        start = cut
    if start < len(text) or not text:
        yield text[start:]


def _shortened(piece: str) -> str:
    return piece if len(piece) <= PIECE_CHARACTERS else _LONG_WORD.sub(r"\1", piece)


def _groups(texts: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    """Pieces of all texts, each with its text's place, in runs of bounded length."""
    group: list[tuple[int, str]] = []
    characters = 0
    for owner, text in enumerate(texts):
        for piece in cut_text(text):
            if group and characters + len(piece) > GROUP_CHARACTERS:
                yield group
                group, characters = [], 0
            group.append((owner, piece))
            characters += len(piece)
    if group:
        yield group
