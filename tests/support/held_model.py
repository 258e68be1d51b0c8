"""A reranker that scores when it is let, for tests of what happens meanwhile."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from dataclasses import replace

from pertinent.rerankers.local import LocalReranker
from pertinent.types import ModelInfo, Progress, Score, Scores


class HeldModel:
    """Implements ``Scorer``: a document's margin is its length.

    Attributes
    ----------
    go : threading.Event
        What calls wait for once they are held.
    calls : list[tuple[str, ...]]
        The documents of each call, as it begins.
    """

    def __init__(self) -> None:
        self.model: ModelInfo = replace(LocalReranker().model, name="held")
        self.go = threading.Event()
        self._free = sys.maxsize
        self.calls: list[tuple[str, ...]] = []

    def hold(self, free: int = 0) -> None:
        """Let so many more calls through; the others wait until ``go`` is set."""
        self._free = len(self.calls) + free
        self.go.clear()

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        self.calls.append(tuple(documents))
        assert len(self.calls) <= self._free or self.go.wait(30)
        if "fault" in documents:
            raise ValueError("the secret text")
        return tuple(Score.from_margin(float(len(text)), self.model) for text in documents)
