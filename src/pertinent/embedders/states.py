"""Texts to the last states of a Qwen3-Embedding model, and whether a loaded model makes sense."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pertinent.embedders.protocol import Vectors
from pertinent.engine.causal_model import CausalModel
from pertinent.errors import ModelError
from pertinent.families import qwen3_embedding as family
from pertinent.families.tokens import TokenIds

CANARY_DIFFERENCE = 0.05
"""By how much the canary's question must be nearer to its answer than to the other text."""


def read_texts(model: CausalModel, texts: Sequence[str], max_tokens: int) -> tuple[list[TokenIds], int]:
    """Tokenise texts as the model reads them.

    Returns
    -------
    sequences : list of int32 arrays
        Ids of each text, cut and closed.
    truncated : int
        How many texts were cut.

    Raises
    ------
    ModelError
        If the tokenizer has no token that closes a text.
    """
    end = _end_token(model)
    read = model.tokens.text_ids(texts, max_tokens - 1)
    return [family.close_text(text.ids, end, max_tokens) for text in read], sum(text.cut > 0 for text in read)


def read_states(
    model: CausalModel, texts: Sequence[str], max_tokens: int, report: Callable[[int], None] | None = None
) -> tuple[Vectors, int]:
    """Read texts with a loaded model.

    Returns
    -------
    states : float32, shape (texts, hidden)
        Final state of each text's end token.
    truncated : int
        How many texts were cut.
    """
    sequences, truncated = read_texts(model, texts, max_tokens)
    states: Vectors = np.empty((len(texts), model.checkpoint.shape.hidden), np.float32)
    done = 0
    for places, rows in model.engine.states(sequences):
        states[list(places)] = rows
        done += len(places)
        if report:
            report(done)
    return states, truncated


def passes_canary(model: CausalModel) -> None:
    """Refuse a model whose vectors say nothing of the canary's texts.

    Raises
    ------
    ModelError
        If the question is not clearly nearer to its answer than to the other text.
    """
    question, answer, other = family.CANARY
    texts = [family.query_text(question, family.DEFAULT_INSTRUCTION), answer, other]
    states, _ = read_states(model, texts, model.checkpoint.shape.context)
    vectors = family.to_vectors(states, states.shape[1])
    near, far = (vectors[1:] @ vectors[0]).tolist()
    if not near - far >= CANARY_DIFFERENCE:
        raise ModelError(
            f"{model.checkpoint.path.name} does not tell an answer from another text "
            f"(similarities {near:.3f} and {far:.3f}).",
            hint="It is no Qwen3-Embedding model, its files are damaged, or this engine computes wrongly.",
        )


def _end_token(model: CausalModel) -> int:
    ids = model.tokens.encode_control(family.END)
    if len(ids) == 1 and ids[0] < model.checkpoint.shape.vocabulary:
        return int(ids[0])
    raise ModelError(
        f"The tokenizer of {model.checkpoint.path.name} has no {family.END}, which closes every text.",
        hint="Give the folder of a Qwen3-Embedding model with its own tokenizer.json.",
    )
