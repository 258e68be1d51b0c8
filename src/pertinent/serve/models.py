"""Which models a server has, and by which names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pertinent.embedders.opening import EmbedderOptions, open_embedder
from pertinent.embedders.protocol import TextEmbedder
from pertinent.errors import UsageError
from pertinent.families.carried import CARRIED_EMBEDDER, CARRIED_RERANKER
from pertinent.rerankers.opening import ModelOptions, open_scorer
from pertinent.rerankers.protocol import Scorer
from pertinent.serve.engines import ServedModel
from pertinent.serve.metrics import Metrics
from pertinent.serve.options import DEFAULT_LIMITS, Limits
from pertinent.serve.refusals import Refusal


class Models:
    """Models of one kind by the names that requests may use; the first answers where none is named.

    Parameters
    ----------
    kind : {"reranker", "embedder"}
        What they do.
    specs : Sequence[str]
        ``MODEL`` or ``NAME=MODEL``: the model is served by that name too.
    metrics : Metrics
        Told of every batch.
    cache : Path | None
        File that scores are kept in; None keeps none.
    limits : Limits
        On what may wait for each.

    Raises
    ------
    UsageError
        If a name is given to two models.
    PertinentError
        If a model is not found.
    """

    def __init__(
        self,
        kind: Literal["reranker", "embedder"],
        specs: Sequence[str],
        metrics: Metrics,
        cache: Path | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._kind = kind
        self._by_name: dict[str, ServedModel] = {}
        opened: dict[str, ServedModel] = {}
        for spec in specs or [CARRIED_RERANKER if kind == "reranker" else CARRIED_EMBEDDER]:
            name, named, model = spec.partition("=")
            if not named:
                name, model = "", spec
            if model not in opened:
                opened[model] = ServedModel(_opened(kind, model), metrics, cache, limits)
            served = opened[model]
            for called in filter(None, (name, served.info.name)):
                if self._by_name.setdefault(called, served) is not served:
                    raise UsageError(
                        f"Two models are to be served as {called}.", hint="Give each its own name."
                    )
        self.all = list(opened.values())

    @property
    def names(self) -> list[str]:
        """All names."""
        return list(self._by_name)

    @property
    def default(self) -> ServedModel:
        """Answers where no model is named."""
        return self.all[0]

    def find(self, name: str) -> ServedModel:
        """The model of that name; the empty name is the default.

        Raises
        ------
        Refusal
            If there is none: another model's scores would mean something else.
        """
        if not name:
            return self.default
        if name not in self._by_name:
            raise Refusal(
                404, f"There is no {self._kind} of that name here; there are: {', '.join(self._by_name)}."
            )
        return self._by_name[name]


def _opened(kind: str, model: str) -> Scorer | TextEmbedder:
    if kind == "reranker":
        return open_scorer(model, ModelOptions())
    return open_embedder(model, EmbedderOptions())
