"""Encoders that learn, cross-encoders and embedders, and the opening of any student."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic

import numpy as np
import torch
from torch import Tensor, nn

from pertinent.engine.quantized import FloatArray
from pertinent.engine.token_pruning import TokenPruning, check_pruning
from pertinent.engine.tokenization import TextTokenizer
from pertinent.errors import UsageError
from pertinent.families import bert_embedder, cross_encoder
from pertinent.families.bert import CONTROL_TOKENS, BertInput
from pertinent.train.base import PRUNING, Base, Weights, keep_layers, read_base, shape_of
from pertinent.train.config import StudentConfig
from pertinent.train.encoder import (
    POSITIONS,
    AnEncoder,
    CrossEncoder,
    Embedder,
    build_cross_encoder,
    build_embedder,
    fill,
    weights_of,
)
from pertinent.train.protocol import Margins, fill_rows, run_by_length

if TYPE_CHECKING:
    from pertinent.train.causal_student import CausalStudent

SCALE = 20.0
"""Margin of a cosine of 1; sentence-transformers trains with the same, a temperature of 0.05."""


class EncoderStudent(Generic[AnEncoder]):
    """What both kinds of encoder share.

    Parameters
    ----------
    module : CrossEncoder | Embedder
        The network.
    tokenizer : bytes
        ``tokenizer.json`` of its base.
    max_tokens : int
        Window while it learns.
    """

    def __init__(self, module: AnEncoder, tokenizer: bytes, max_tokens: int) -> None:
        self.module: AnEncoder = module
        self.tokenizer = tokenizer
        self.max_tokens = max_tokens
        self.texts = TextTokenizer(tokenizer, CONTROL_TOKENS)

    @property
    def config(self) -> dict[str, Any]:
        """``config.json`` of the encoder as it is now."""
        pruning = [[each.after, each.share, each.least] for each in getattr(self.module, "pruning", ())]
        return dict(self.module.bert.config.to_dict()) | ({PRUNING: pruning} if pruning else {})

    def weights(self) -> dict[str, FloatArray]:
        """Copies of all weights, by the names that a base has."""
        return weights_of(self.module)

    def load(self, weights: Weights) -> None:
        """Take weights that ``weights`` gave.

        Raises
        ------
        ModelError
            If they are another encoder's.
        """
        fill(self.module, weights)


class CrossEncoderStudent(EncoderStudent[CrossEncoder]):
    """A cross-encoder that learns."""

    def margins(self, queries: Sequence[str], passages: Sequence[Sequence[str]]) -> Margins:
        """Margins of each query with its own passages."""
        limit = cross_encoder.query_limit(self.max_tokens)
        read = [ids[:limit] for ids in self.texts.encode(queries)]
        texts = iter(self.texts.encode([text for row in passages for text in row]))
        pairs = [
            cross_encoder.join(query, next(texts)[: cross_encoder.passage_limit(self.max_tokens, len(query))])
            for query, row in zip(read, passages, strict=True)
            for _ in row
        ]
        own = fill_rows(run_sequences(self.module, pairs), [len(row) for row in passages])
        return Margins(own, torch.sigmoid(own))


class EmbedderStudent(EncoderStudent[Embedder]):
    """An embedder that learns; the margin of a pair is its cosine times ``SCALE``."""

    def margins(self, queries: Sequence[str], passages: Sequence[Sequence[str]]) -> Margins:
        """Margins of each query with its own passages, and with those of all others."""
        limit = bert_embedder.text_limit(self.max_tokens)
        texts = [*queries, *(text for row in passages for text in row)]
        vectors = run_sequences(
            self.module, [bert_embedder.wrap(ids[:limit]) for ids in self.texts.encode(texts)]
        )
        rows = fill_rows(vectors[len(queries) :], [len(row) for row in passages])
        with torch.autocast(vectors.device.type, enabled=False):
            cosines = torch.einsum("qh,rph->qrp", vectors[: len(queries)], rows)
        own = cosines[torch.arange(len(queries)), torch.arange(len(queries))]
        every = cosines.flatten(1)
        return Margins(own * SCALE, own, (every * SCALE, every))


def run_sequences(module: nn.Module, sequences: Sequence[BertInput]) -> Tensor:
    """Run a network over sequences of any lengths; float32, a row for each in their order."""
    device = next(module.parameters()).device

    def run(chosen: list[BertInput]) -> Tensor:
        ids = np.full((len(chosen), len(chosen[-1].ids)), CONTROL_TOKENS["[PAD]"], np.int64)
        types, mask = np.zeros_like(ids), np.zeros_like(ids)
        for row, (tokens, segment) in enumerate(chosen):
            ids[row, : len(tokens)] = tokens
            types[row, segment : len(tokens)] = 1
            mask[row, : len(tokens)] = 1
        found: Tensor = module(*(torch.from_numpy(each).to(device) for each in (ids, types, mask)))
        return found

    return run_by_length(sequences, [len(each.ids) for each in sequences], device, run)


def pruning_of(config: StudentConfig, base: Base) -> tuple[TokenPruning, ...]:
    """Where a student drops tokens: as it is configured, else as its base does.

    Raises
    ------
    UsageError
        If it is an embedder, which reads all of a text.
    """
    if config.pruning and config.kind != "cross_encoder":
        raise UsageError("Only a cross-encoder drops tokens.", hint="Leave out pruning under [student].")
    return tuple(TokenPruning(**each.model_dump()) for each in config.pruning) or base.shape.pruning


def open_student(
    config: StudentConfig, folder: Path, *, seed: int
) -> CrossEncoderStudent | EmbedderStudent | CausalStudent:
    """Make the student of a configuration from the folder of its base.

    Parameters
    ----------
    config : StudentConfig
        Kind, window; layers of an encoder, rank of a causal model.
    folder : Path
        Of the base.
    seed : int
        Of weights that the base has not.

    Raises
    ------
    UsageError
        If the window is larger than the base's, or peft is missing, which a causal student needs.
    ModelError
        If the base cannot be read.
    """
    if config.kind == "causal":
        # Only here: encoders are trained without peft.
        from pertinent.train.causal_student import open_causal_student

        return open_causal_student(config, folder, seed=seed)
    base = read_base(folder)
    weights = keep_layers(base.weights, config.layers)
    shape = shape_of(weights, base.shape.heads, base.shape.epsilon)
    shape = replace(shape, pruning=pruning_of(config, base))
    check_pruning(shape.pruning, shape.layers)
    positions = len(weights[POSITIONS])
    if config.max_tokens > positions:
        raise UsageError(
            f"The base reads {positions} tokens, and max_tokens is {config.max_tokens}.",
            hint=f"Set max_tokens under [student] to {positions} or less.",
        )
    if config.kind == "embedder":
        embedder = build_embedder(weights, shape, pooling=config.pooling, dropout=config.dropout)
        return EmbedderStudent(embedder, base.tokenizer, config.max_tokens)
    reranker = build_cross_encoder(weights, shape, dropout=config.dropout, seed=seed)
    return CrossEncoderStudent(reranker, base.tokenizer, config.max_tokens)
