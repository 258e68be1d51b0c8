"""Students: texts in, margins out, with gradients; read exactly as the finished model will read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from pertinent.engine.quantized import FloatArray
from pertinent.train.base import Weights

Sequenced = TypeVar("Sequenced")

SEQUENCES_AT_ONCE = {"cpu": 16, "cuda": 512}
"""Sequences of one forward pass. They are sorted by length, so few are short beside long ones."""


class Margins(NamedTuple):
    """What a student says of a batch.

    Parameters
    ----------
    own : float32, shape (queries, passages)
        Margins of each query with its passages; 0 where a row is filled up.
    scores : float32, shape (queries, passages)
        The same as cosine or probability.
    every : tuple[Tensor, Tensor] | None
        Of an embedder: both for each query with all passages of the batch, (queries, queries * passages).
    """

    own: Tensor
    scores: Tensor
    every: tuple[Tensor, Tensor] | None = None


class Student(Protocol):
    """A model that learns."""

    @property
    def module(self) -> nn.Module:
        """The network: its parameters, mode and device."""

    @property
    def tokenizer(self) -> bytes:
        """``tokenizer.json``."""

    @property
    def config(self) -> dict[str, Any]:
        """``config.json``."""

    def weights(self) -> dict[str, FloatArray]:
        """Copies of all weights that learn, by name."""

    def load(self, weights: Weights) -> None:
        """Take weights that ``weights`` gave."""

    def margins(self, queries: Sequence[str], passages: Sequence[Sequence[str]]) -> Margins:
        """Margins of each query with its own passages.

        Parameters
        ----------
        queries : Sequence[str]
            Questions.
        passages : Sequence[Sequence[str]]
            Those of each query, as models read them; what exceeds the window is cut.
        """


def run_by_length(
    sequences: Sequence[Sequenced],
    lengths: Sequence[int],
    device: torch.device,
    run: Callable[[list[Sequenced]], Tensor],
) -> Tensor:
    """Run sequences in groups of like length, the longest of each last; float32, rows in the first order."""
    order = np.argsort(lengths, kind="stable")
    at_once = SEQUENCES_AT_ONCE.get(device.type, SEQUENCES_AT_ONCE["cpu"])
    found = [
        run([sequences[place] for place in order[start : start + at_once]]).float()
        for start in range(0, len(order), at_once)
    ]
    return torch.cat(found)[torch.from_numpy(np.argsort(order)).to(device)]


def fill_rows(values: Tensor, counts: Sequence[int]) -> Tensor:
    """Cut values (sum of counts, ...) into rows, filled up with 0: (rows, longest, ...)."""
    return nn.utils.rnn.pad_sequence(list(torch.split(values, list(counts))), batch_first=True)
