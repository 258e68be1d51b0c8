"""What every engine for decoders can do, whatever it runs on."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from pertinent.engine.quantized import FloatArray
from pertinent.families.tokens import TokenIds

Finished: TypeAlias = Generator[tuple[tuple[int, ...], FloatArray], None, None]
"""Batches as they are done: places in the list that was given, and one row or number for each."""


class CausalEngine(Protocol):
    """Runs a decoder over sequences that begin alike.

    Every number depends on its own sequence alone, never on its neighbours, up to the rounding that
    the engine states.
    """

    @property
    def name(self) -> str:
        """``"torch"`` or ``"openvino"``."""
        ...

    @property
    def dtype(self) -> str:
        """Number type of the products: ``"float32"``, ``"bfloat16"``, ``"float16"`` or ``"int8"``."""
        ...

    def margins(self, prefix: Sequence[TokenIds], tails: Sequence[TokenIds]) -> Finished:
        """Score tails that share a prefix; close the generator to stop early.

        Parameters
        ----------
        prefix : Sequence[TokenIds]
            Parts that stand before every tail, in order: what all queries of an instruction share,
            then the query. Their keys and values are computed once, those of the first part may be
            remembered.
        tails : Sequence[TokenIds]
            Document and suffix, at least one token each.

        Yields
        ------
        places : tuple[int, ...]
            Which tails are done.
        margins : float32, shape (len(places),)
            Last state times margin vector, in float32.
        """
        ...

    def pruned_margins(
        self, prefix: Sequence[TokenIds], tails: Sequence[TokenIds], top_k: int
    ) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """Score tails, dropping between layers those that are not on their way to the first ``top_k``.

        Returns
        -------
        margins : float32, shape (len(tails),)
            Of all; those of dropped tails are estimates below every exact one.
        exact : bool, shape (len(tails),)
            Which are exact.
        """
        ...

    def states(self, sequences: Sequence[TokenIds]) -> Finished:
        """Read whole sequences: the last token's final state, normed.

        Yields
        ------
        places : tuple[int, ...]
            Which sequences are done.
        states : float32, shape (len(places), hidden)
        """
        ...
