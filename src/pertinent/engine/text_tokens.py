"""Texts to the token ids of decoder models, with control tokens only where the program wrote them.

Long texts are read piece by piece, and no further than a limit needs, because the library keeps
about a hundred bytes for each character of a text that it works on. A piece ends before a space
that follows something else than white space, or before a line's end or sign that follows a plain
letter: byte-level pre-tokenizers begin a new word there whatever comes before, so the cut changes no id.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from tokenizers import Tokenizer

from pertinent.engine.unicode_text import valid_text
from pertinent.errors import ModelError
from pertinent.families.tokens import TokenIds

PIECE_CHARACTERS = 1 << 16
"""Characters of a text that are tokenised at once."""

BOUNDARY_CHARACTERS = 1 << 12
"""Characters at a piece's end in which a boundary is looked for."""

GROUP_CHARACTERS = 1 << 19
"""Characters of all pieces that are tokenised side by side."""

_BOUNDARY = re.compile(
    r"(?<=\S) |(?<=[0-9A-Za-z\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fa5])[\n\u3001\u3002\uff0c\uff01\uff1f]"
)
_OTHER_TOKENIZER = "Use the tokenizer.json that the model was published with (Qwen2, Qwen3 or Llama 3 style)."


class TextIds(NamedTuple):
    """A text as the model reads it.

    Parameters
    ----------
    ids : int32, shape (tokens,)
        Ids of the tokens read.
    cut : int
        Tokens beyond the limit. Exact for texts up to ``PIECE_CHARACTERS``; a longer text is read
        until the limit is passed, and for the rest this is a lower bound.
    """

    ids: TokenIds
    cut: int


class TextTokens:
    """A byte-level BPE tokenizer with two doors: one for users' texts, one for control text.

    Several threads may use one object.

    Parameters
    ----------
    definition : bytes
        A ``tokenizer.json``.

    Raises
    ------
    ModelError
        If it cannot be read, is no byte-level BPE, or would read a control token in plain text.
    """

    def __init__(self, definition: bytes) -> None:
        try:
            text = definition.decode("utf-8")
            byte_level = _is_byte_level(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise _unreadable() from error
        if not byte_level:
            raise ModelError("The tokenizer is not a byte-level BPE.", hint=_OTHER_TOKENIZER)
        try:
            self._control = Tokenizer.from_str(text)
            # The same words and merges without the control tokens. `encode_special_tokens` would not do: it
            # spares only those that are marked special, which "<think>" is not.
            self._text = Tokenizer(self._control.model)
            if self._control.normalizer is not None:
                self._text.normalizer = self._control.normalizer
            self._text.pre_tokenizer = self._control.pre_tokenizer
        except Exception as error:  # the library raises bare Exception for a bad definition
            raise _unreadable() from error
        self.digest = blake2b(definition, digest_size=16).hexdigest()
        self._control.no_padding()
        self._control.no_truncation()
        control = self._control.get_added_tokens_decoder()
        read = self.encode_text([token.content for token in control.values()])
        if any(control.keys() & ids.tolist() for ids in read):
            raise ModelError("The tokenizer reads control tokens in plain text.", hint=_OTHER_TOKENIZER)

    @property
    def largest_id(self) -> int:
        """No token has a larger id: a model's vocabulary must be larger than this."""
        return max(self._control.get_vocab(with_added_tokens=True).values())

    @property
    def largest_text_id(self) -> int:
        """Plain text is never read as a larger id; control tokens may lie beyond."""
        control = self._control.get_added_tokens_decoder()
        return max(number for number in self._text.get_vocab().values() if number not in control)

    def encode_text(self, texts: Sequence[str]) -> list[TokenIds]:
        """Tokenise plain texts, as they are and whole.

        Parameters
        ----------
        texts : Sequence[str]
            Any strings; nothing in them becomes a control token, halves of surrogate pairs are read
            as unknown characters.

        Returns
        -------
        list of int32 arrays
            Ids of each text.

        Raises
        ------
        ModelError
            If the tokenizer fails.
        """
        return [found.ids for found in self._read(texts, None, "")]

    def text_ids(self, texts: Sequence[str], limit: int, *, lead: str = "") -> list[TextIds]:
        """Tokenise plain texts up to a limit, in time and memory that depend on the limit alone.

        Parameters
        ----------
        texts : Sequence[str]
            As for ``encode_text``.
        limit : int
            Tokens of each text that are kept, from its beginning.
        lead : str
            Put before every text, and tokenised with it.

        Returns
        -------
        list[TextIds]
            Ids of each text, and how many tokens were cut. The ids are the first of those of the
            whole text. In a run of more than ``PIECE_CHARACTERS`` characters without a boundary,
            words at the ends of pieces may be tokenised otherwise.

        Raises
        ------
        ModelError
            If the tokenizer fails.
        """
        return self._read(texts, limit, lead)

    def encode_control(self, text: str) -> TokenIds:
        """Tokenise control text: control tokens in it become their ids, and none are added.

        Raises
        ------
        ModelError
            If the tokenizer fails.
        """
        try:
            return np.array(self._control.encode(text, add_special_tokens=False).ids, np.int32)
        except Exception as error:  # see above
            raise _failure() from error

    def single_id(self, word: str) -> int:
        """Id of a plain word that must be one token.

        Raises
        ------
        ModelError
            If it is several.
        """
        (ids,) = self.encode_text([word])
        if len(ids) != 1:
            raise ModelError(
                f'The tokenizer reads "{word}" as {len(ids)} tokens; it must be one.', hint=_OTHER_TOKENIZER
            )
        return int(ids[0])

    def _read(self, texts: Sequence[str], limit: int | None, lead: str) -> list[TextIds]:
        found: list[list[TokenIds]] = [[] for _ in texts]
        tokens = [0] * len(texts)
        waiting = [(place, cut_pieces(text)) for place, text in enumerate(texts)]
        while waiting:
            going_on = []
            for group in _groups(waiting):
                for (place, _, rest), ids in zip(group, self._encode(group, lead), strict=True):
                    found[place].append(ids)
                    tokens[place] += len(ids)
                    if limit is None or tokens[place] <= limit:
                        going_on.append((place, rest))
            waiting, lead = going_on, ""
        return [
            TextIds(np.concatenate(parts)[:limit], 0 if limit is None else max(0, count - limit))
            for parts, count in zip(found, tokens, strict=True)
        ]

    def _encode(self, group: Sequence[_Piece], lead: str) -> list[TokenIds]:
        pieces = [lead + valid_text(piece) for _, piece, _ in group]
        try:
            encodings = self._text.encode_batch_fast(pieces, add_special_tokens=False)
        except Exception as error:  # see above
            raise _failure() from error
        return [np.array(encoding.ids, np.int32) for encoding in encodings]


_Waiting = tuple[int, Iterator[str]]
"""Place of a text, and its pieces that were not read."""

_Piece = tuple[int, str, Iterator[str]]
"""Place of a text, a piece of it, and the pieces after that."""


def cut_pieces(text: str) -> Iterator[str]:
    """Cut a text at boundaries of words, or where there is none, anywhere; the pieces join to the text.

    Examples
    --------
    >>> list(cut_pieces("short")), list(cut_pieces(""))
    (['short'], [''])
    """
    start = 0
    while len(text) - start > PIECE_CHARACTERS:
        end = start + PIECE_CHARACTERS
        boundary = _BOUNDARY.search(text, max(start + 1, end - BOUNDARY_CHARACTERS), end)
        cut = boundary.start() if boundary else end
        yield text[start:cut]
        start = cut
    yield text[start:]


def _groups(waiting: Sequence[_Waiting]) -> Iterator[list[_Piece]]:
    """The next piece of each text that has one, in runs of bounded length."""
    group: list[_Piece] = []
    characters = 0
    for place, pieces in waiting:
        piece = next(pieces, None)
        if piece is None:
            continue
        if group and characters + len(piece) > GROUP_CHARACTERS:
            yield group
            group, characters = [], 0
        group.append((place, piece, pieces))
        characters += len(piece)
    if group:
        yield group


def _is_byte_level(description: dict[str, Any]) -> bool:
    """Whether words are made of bytes, and nothing is put before a text or between tokens."""
    model, steps = description["model"], description["pre_tokenizer"] or {}
    byte_level = [step for step in steps.get("pretokenizers", [steps]) if step.get("type") == "ByteLevel"]
    no_space = not any(step.get("add_prefix_space", True) for step in byte_level)
    # The library aborts the process at a prefix that is longer than a token.
    no_affix = not model.get("continuing_subword_prefix") and not model.get("end_of_word_suffix")
    return model["type"] == "BPE" and no_affix and bool(byte_level) and no_space


def _unreadable() -> ModelError:
    return ModelError("The tokenizer file cannot be read.", hint=_OTHER_TOKENIZER)


def _failure() -> ModelError:
    return ModelError("The tokenizer failed on a text.", hint=_OTHER_TOKENIZER)
