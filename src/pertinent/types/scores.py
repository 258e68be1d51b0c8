"""Scores: which model speaks, and what it says of a pair."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (done, total) during long work; total is 0 while it is not known."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of a model, enough to choose it and to cite it.

    Parameters
    ----------
    name, revision : str
        Which weights; scores of different revisions are never mixed.
    family : str
        The file in ``families/`` that prompts and reads it.
    kind : {"reranker", "embedder"}
        What it does.
    max_tokens : int
        Its window, special tokens included.
    parameters : int
        Number of weights.
    licence : str
        SPDX identifier.
    dimensions : int
        Width of its vectors; 0 for a reranker.
    description : str
        One line for people.
    default_instruction : str
        What the model is told that a query asks for, unless a call says otherwise; empty where it is
        told nothing.
    source : str
        What finds the model again, where its name does not: a folder, or a Hugging Face id.
    """

    name: str
    revision: str
    family: str
    kind: Literal["reranker", "embedder"]
    max_tokens: int
    parameters: int
    licence: str
    dimensions: int = 0
    description: str = ""
    default_instruction: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """What a reranker says of one pair.

    Parameters
    ----------
    margin : float
        Evidence for relevance, unbounded; comparable within one model and revision only.
    probability : float
        The margin as 0..1.
    scale : str
        What the producing system returned: ``"margin"`` or ``"probability"``.
    model, revision : str
        Who says so.
    windows : int
        In how many overlapping windows the text was read; the best one gave the margin.
    engine, dtype : str
        What computed it, in which numbers; empty where that is not known.
    query_cut, document_cut : int
        Tokens of query and document that did not fit and were not read.
    exact : bool
        False where the margin is an estimate: the document was dropped before the model's last layer, or
        of a cascade only the small model read it.
    calibration : str
        Domain of the calibration that gave the probability; empty where it is the plain logistic of the
        margin, which is no promise of how many such pairs are relevant.
    """

    margin: float
    probability: float
    scale: str
    model: str
    revision: str
    windows: int = 1
    engine: str = ""
    dtype: str = ""
    query_cut: int = 0
    document_cut: int = 0
    exact: bool = True
    calibration: str = ""

    @classmethod
    def from_margin(cls, margin: float, model: ModelInfo, **details: Any) -> Score:
        """Score with the plain logistic probability of a margin; ``details`` are further fields.

        Examples
        --------
        >>> mini = ModelInfo("m", "1", "cross_encoder", "reranker", 512, 1, "Apache-2.0")
        >>> Score.from_margin(0.0, mini, windows=2).probability
        0.5
        """
        return cls(margin, logistic(margin), "margin", model.name, model.revision, **details)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON.

        Examples
        --------
        >>> mini = ModelInfo("m", "1", "cross_encoder", "reranker", 512, 1, "Apache-2.0")
        >>> Score.from_margin(0.0, mini, document_cut=7).to_dict()["document_cut"]
        7
        """
        return asdict(self)


def logistic(margin: float) -> float:
    """1 / (1 + exp(-margin)) without overflow.

    Examples
    --------
    >>> logistic(-1000.0), logistic(1000.0)
    (0.0, 1.0)
    """
    if margin >= 0:
        return 1.0 / (1.0 + math.exp(-margin))
    power = math.exp(margin)
    return power / (1.0 + power)


Scores: TypeAlias = tuple[Score, ...]
"""One score per document, in the order of the documents."""
