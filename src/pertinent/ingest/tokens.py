"""Where the tokens of a text begin: what the chunker counts by."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from pertinent.errors import ModelError

TokenOffsets: TypeAlias = Callable[[str], Sequence[tuple[int, int]]]
"""From a text to the (start, end) character offsets of its tokens, in order."""

MAX_BLOCK_CHARS = 1 << 18


@lru_cache(maxsize=8)
def tokenizer_offsets(tokenizer_file: Path) -> TokenOffsets:
    """Offsets by a Hugging Face ``tokenizer.json``, without special tokens and without truncation.

    Parameters
    ----------
    tokenizer_file : Path
        The file.

    Raises
    ------
    ModelError
        If the file cannot be read as a tokenizer.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(tokenizer_file))
    except Exception as error:  # the library raises nothing narrower
        raise ModelError(
            f"The tokenizer {tokenizer_file} cannot be read ({type(error).__name__}).",
            hint="Build or install the model again.",
        ) from None
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def offsets(text: str) -> Sequence[tuple[int, int]]:
        found: Sequence[tuple[int, int]] = tokenizer.encode(text, add_special_tokens=False).offsets
        return found

    return offsets


def token_starts(text: str, offsets: TokenOffsets, cuts: Sequence[int]) -> array[int]:
    """Start of every token, computed in blocks so that a long text needs little memory.

    Parameters
    ----------
    text : str
        The text.
    offsets : TokenOffsets
        The tokenizer.
    cuts : Sequence[int]
        Offsets at which the text may be cut, rising.

    Returns
    -------
    array of int
        Rising character offsets.
    """
    starts = array("q")
    for begin, end in _blocks(len(text), cuts):
        starts.extend(begin + start for start, stop in offsets(text[begin:end]) if stop > start)
    return starts


def _blocks(length: int, cuts: Sequence[int]) -> list[tuple[int, int]]:
    blocks: list[tuple[int, int]] = []
    begin = last = 0
    for cut in (*cuts, length):
        if cut - begin > MAX_BLOCK_CHARS and last > begin:
            blocks.append((begin, last))
            begin = last
        while cut - begin > MAX_BLOCK_CHARS:
            blocks.append((begin, begin + MAX_BLOCK_CHARS))
            begin += MAX_BLOCK_CHARS
        last = cut
    if begin < length:
        blocks.append((begin, length))
    return blocks
