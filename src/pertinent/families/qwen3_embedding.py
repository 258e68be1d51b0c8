"""Qwen3-Embedding (0.6B, 4B, 8B): a decoder whose last token's state is the text's vector.

=========  ============================================  ==================
text       form                                          end
=========  ============================================  ==================
query      ``Instruct: {instruction}\\nQuery:{query}``    ``<|endoftext|>``
document   the text as it is                             ``<|endoftext|>``
=========  ============================================  ==================

No space follows ``Query:``; with one the vectors are others. The end token is the one that is
pooled, so it stands there exactly once whatever a text holds and wherever it is cut. Vectors are
Matryoshka: their first numbers are a vector too, once it is cut and then scaled to length 1.

Sources: Zhang et al. 2025, arXiv:2506.05176; https://github.com/QwenLM/Qwen3-Embedding (Apache-2.0).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pertinent.errors import ModelError, UsageError
from pertinent.families.tokens import TokenIds

NAME = "qwen3_embedding"

END = "<|endoftext|>"
"""Closes every text; the publication's tokenizer gives it the id 151643."""

DEFAULT_INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query"

LEAST_DIMENSIONS = 32
"""The shortest vectors that the models were trained for."""

MAX_TOKENS = 32_768
"""Tokens of one text, the end token included, unless the checkpoint's context is shorter."""

CANARY = (
    "What is the capital of China?",
    "The capital of China is Beijing.",
    "Gravity is a force that attracts two bodies towards each other.",
)
"""A question, a text that answers it and one that does not."""

Rows: TypeAlias = npt.NDArray[np.float32]


def query_text(query: str, instruction: str) -> str:
    """What the model reads of a query; without an instruction, the query alone, like a document.

    It is tokenised in one piece: ``:`` and the query's first word are one stretch for the tokenizer.

    Examples
    --------
    >>> query_text("Explain gravity", "Find definitions")
    'Instruct: Find definitions\\nQuery:Explain gravity'
    >>> query_text("Explain gravity", "")
    'Explain gravity'
    """
    return f"Instruct: {instruction}\nQuery:{query}" if instruction else query


def close_text(text: TokenIds, end: int, max_tokens: int) -> TokenIds:
    """Cut a text so that the end token fits behind it, and put that there.

    Examples
    --------
    >>> close_text(np.array([5, 6, 7], np.int32), end=0, max_tokens=3).tolist()
    [5, 6, 0]
    """
    return np.append(text[: max_tokens - 1], np.int32(end)).astype(np.int32)


def checked_dimensions(dimensions: int | None, hidden: int) -> int:
    """Width of the vectors: what was asked for, or all.

    Raises
    ------
    UsageError
        If the model has no vectors of that width.

    Examples
    --------
    >>> checked_dimensions(None, 1024), checked_dimensions(512, 1024)
    (1024, 512)
    """
    if dimensions is None:
        return hidden
    if type(dimensions) is not int or not min(LEAST_DIMENSIONS, hidden) <= dimensions <= hidden:
        raise UsageError(
            f"{dimensions!r} dimensions were asked for.",
            hint=f"This model gives vectors of {min(LEAST_DIMENSIONS, hidden)} to {hidden} dimensions.",
        )
    return dimensions


def checked_window(max_tokens: int | None, context: int) -> int:
    """Tokens of a text that are read, the end token included: what was asked for, or all.

    Raises
    ------
    UsageError
        If the model has no window of that length.

    Examples
    --------
    >>> checked_window(None, 40_960), checked_window(512, 40_960)
    (32768, 512)
    """
    longest = min(MAX_TOKENS, context)
    if max_tokens is None:
        return longest
    if type(max_tokens) is not int or not 2 <= max_tokens <= longest:
        raise UsageError(
            f"max_tokens is {max_tokens!r}.", hint=f"This model reads 2 to {longest:,} tokens of a text."
        )
    return max_tokens


def to_vectors(states: Rows, dimensions: int) -> Rows:
    """Make vectors of last states: cut first, then scaled to length 1.

    Parameters
    ----------
    states : float32, shape (texts, hidden)
        Final state of each text's end token.
    dimensions : int
        Numbers of each that are kept.

    Returns
    -------
    float32, shape (texts, dimensions)
        Rows of length 1.

    Raises
    ------
    ModelError
        If a state is not finite, or has no direction.

    Examples
    --------
    >>> to_vectors(np.array([[3, 4, 12]], np.float32), 2).tolist()
    [[0.6000000238418579, 0.800000011920929]]
    """
    kept = states[:, :dimensions].astype(np.float64)
    lengths = np.linalg.norm(kept, axis=1, keepdims=True)
    if not (np.isfinite(lengths) & (lengths > 0)).all():
        raise ModelError(
            "The model gives a text a vector that is no direction.",
            hint="Its weights are damaged or the number type is too small: try dtype='float32'.",
        )
    return np.asarray(kept / lengths, np.float32)
