"""BERT students: a cross-encoder and an embedder in torch that compute what ``engine/bert_graph`` computes.

Weights go in and out as numpy arrays under the names of Hugging Face's ``BertModel`` without the ``bert.``
prefix, a classifier beside them, so that a student can be exported as the carried models are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from pertinent.engine.bert_graph import BertShape
from pertinent.engine.quantized import FloatArray
from pertinent.engine.token_pruning import TokenPruning
from pertinent.errors import ModelError
from pertinent.train.base import WORDS, Weights
from pertinent.train.pruned_encoder import encode_pruned

POSITIONS = "embeddings.position_embeddings.weight"
TYPES = "embeddings.token_type_embeddings.weight"
WIDE = "encoder.layer.0.intermediate.dense.weight"
POOLER = "pooler.dense"
CLASSIFIER = "classifier"

NEW_WEIGHTS_SPREAD = 0.02
"""Standard deviation of matrices that a base has not, as BERT was initialised."""


class CrossEncoder(nn.Module):
    """BERT, its pooler and a classifier: one margin per sequence.

    Parameters
    ----------
    bert : BertModel
        With pooler.
    pruning : Sequence[TokenPruning]
        Where tokens of the passage are dropped.
    """

    def __init__(self, bert: BertModel, pruning: Sequence[TokenPruning] = ()) -> None:
        super().__init__()
        self.bert = bert
        self.pruning = tuple(pruning)
        self.classifier = nn.Linear(bert.config.hidden_size, 1)
        self.dropout = nn.Dropout(bert.config.hidden_dropout_prob)

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        """Margins (sequences,) of ids, types and mask (sequences, tokens)."""
        if self.pruning:
            first = encode_pruned(self.bert, ids, types, mask, self.pruning)
            assert self.bert.pooler is not None, "a cross-encoder has one"
            pooled = self.bert.pooler(first[:, None])
        else:
            pooled = self.bert(input_ids=ids, token_type_ids=types, attention_mask=mask).pooler_output
        # Margins of some units differ by hundredths, which bfloat16 cannot tell.
        with torch.autocast(pooled.device.type, enabled=False):
            margins: Tensor = self.classifier(self.dropout(pooled.float())).squeeze(1)
        return margins


class Embedder(nn.Module):
    """BERT and the mean of its states, or the state of ``[CLS]``: one vector of length 1 per sequence.

    Parameters
    ----------
    bert : BertModel
        Its pooler is not read.
    pooling : {"mean", "cls"}
        What a vector is made of.
    """

    def __init__(self, bert: BertModel, pooling: Literal["mean", "cls"]) -> None:
        super().__init__()
        self.bert = bert
        self.pooling = pooling

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        """Vectors (sequences, hidden) of ids, types and mask (sequences, tokens)."""
        states = self.bert(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
        if self.pooling == "cls":
            pooled = states[:, 0].float()
        else:
            real = mask.unsqueeze(2).float()
            pooled = (states.float() * real).sum(1) / real.sum(1)
        return nn.functional.normalize(pooled, dim=1)


Encoder: TypeAlias = CrossEncoder | Embedder
AnEncoder = TypeVar("AnEncoder", CrossEncoder, Embedder)


def build_cross_encoder(weights: Weights, shape: BertShape, *, dropout: float, seed: int) -> CrossEncoder:
    """Make a cross-encoder of weights; pooler and classifier are drawn anew where they are missing.

    Parameters
    ----------
    weights : Mapping[str, float32 array]
        By name.
    shape : BertShape
        Their sizes.
    dropout : float
        Share of numbers that are dropped in training.
    seed : int
        Of new weights.

    Raises
    ------
    ModelError
        If weights are missing, are too many or have other shapes.
    """
    bert = _bert(weights, shape, dropout, pooler=True)
    return fill(
        CrossEncoder(bert, shape.pruning), _with_new(weights, (POOLER, CLASSIFIER), shape.hidden, seed)
    )


def build_embedder(
    weights: Weights, shape: BertShape, *, pooling: Literal["mean", "cls"], dropout: float
) -> Embedder:
    """Make an embedder of weights; a pooler or classifier among them is left out (see above)."""
    read = {name: array for name, array in weights.items() if not name.startswith((POOLER, CLASSIFIER))}
    return fill(Embedder(_bert(read, shape, dropout, pooler=False), pooling), read)


def weights_of(student: Encoder) -> dict[str, FloatArray]:
    """Weights by the names that ``engine/bert_graph`` wants: copies, float32."""
    return {
        name.removeprefix("bert."): tensor.detach().to("cpu", torch.float32, copy=True).numpy()
        for name, tensor in student.state_dict().items()
    }


def fill(student: AnEncoder, weights: Weights) -> AnEncoder:
    """Put weights into a student and return it.

    Raises
    ------
    ModelError
        If weights are missing, are too many or have other shapes.
    """
    state = {
        name if name.startswith(CLASSIFIER) else f"bert.{name}": torch.from_numpy(np.array(array, np.float32))
        for name, array in weights.items()
    }
    expected = {name: tensor.shape for name, tensor in student.state_dict().items()}
    found = {name: tensor.shape for name, tensor in state.items()}
    if wrong := sorted(name for name in expected.keys() | found if expected.get(name) != found.get(name)):
        raise ModelError(
            f"The base's {wrong[0].removeprefix('bert.')} is missing, unknown or of another shape.",
            hint="Give the folder of a plain BERT encoder.",
        )
    student.load_state_dict(state)
    return student


def _bert(weights: Weights, shape: BertShape, dropout: float, *, pooler: bool) -> BertModel:
    missing = {WORDS, POSITIONS, TYPES, WIDE} - weights.keys()
    if missing:
        raise ModelError(f"The base has no {min(missing)}.", hint="Give the folder of a BERT encoder.")
    config = BertConfig(
        vocab_size=len(weights[WORDS]),
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=len(weights[WIDE]),
        max_position_embeddings=len(weights[POSITIONS]),
        type_vocab_size=len(weights[TYPES]),
        layer_norm_eps=shape.epsilon,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )
    return BertModel(config, add_pooling_layer=pooler)


def _with_new(weights: Weights, names: Sequence[str], hidden: int, seed: int) -> dict[str, FloatArray]:
    generator = np.random.default_rng(seed)
    complete = dict(weights)
    for name in names:
        rows = 1 if name == CLASSIFIER else hidden
        drawn = generator.normal(scale=NEW_WEIGHTS_SPREAD, size=(rows, hidden)).astype(np.float32)
        if f"{name}.weight" not in weights:
            complete |= {f"{name}.weight": drawn, f"{name}.bias": np.zeros(rows, np.float32)}
    return complete
