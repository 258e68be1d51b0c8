"""What an evaluation of a knowledge base found, and what that says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pertinent.evaluate.result import Interval
from pertinent.kb.settings import PipelineSettings
from pertinent.search.result import SearchResult
from pertinent.types import Failover

FEW = 20
"""Questions, below which intervals are not to be believed."""

NUMBERS = {"top_k", "candidate_multiplier", "max_per_file", "rrf_k", "rerank_threshold"}
"""Settings that the figures depend on, beside the models."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question's outcome.

    Parameters
    ----------
    id, question : str
        Which one.
    without, reranked : int | None
        Rank of the first relevant hit, from 1; None where there is none among the hits.
    values : Mapping[str, tuple[float, float]]
        Each metric without reranking and with it.
    missing : tuple[str, ...]
        What it names and the collection does not hold.
    """

    id: str
    question: str
    without: int | None
    reranked: int | None
    values: Mapping[str, tuple[float, float]]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gain:
    """One metric over all questions, each mean with its 95 % bootstrap interval.

    Parameters
    ----------
    without, reranked, difference : float
        Means; the difference is of the same questions, with reranking minus without.
    without_interval, reranked_interval, difference_interval : tuple[float, float]
        Low and high.
    better, worse, equal : int
        Questions for which reranking raised, lowered or kept the value.
    most : float
        What the best list that a search can show would reach.
    """

    without: float
    without_interval: Interval
    reranked: float
    reranked_interval: Interval
    difference: float
    difference_interval: Interval
    better: int
    worse: int
    equal: int
    most: float


@dataclass(slots=True)
class Models:
    """Who embedded and who reranked, over all questions.

    Parameters
    ----------
    embedder : dict[str, Any]
        As a search tells it.
    rerankers : dict[str, dict[str, Any]]
        By name, with the number of questions that each of a chain reranked.
    failovers : Counter[Failover]
        Members of the chain that did not answer, with the number of questions.
    """

    embedder: dict[str, Any] = field(default_factory=dict)
    rerankers: dict[str, dict[str, Any]] = field(default_factory=dict)
    failovers: Counter[Failover] = field(default_factory=Counter)

    def note(self, result: SearchResult) -> None:
        """Count one search that was reranked."""
        models = result.to_dict()["models"]
        self.embedder = models["embedder"]
        reranker = self.rerankers.setdefault(
            models["reranker"]["name"], {**models["reranker"], "questions": 0}
        )
        reranker["questions"] += 1
        self.failovers.update(result.failovers)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "embedder": self.embedder,
            "rerankers": list(self.rerankers.values()),
            "failovers": [{**asdict(each), "questions": count} for each, count in self.failovers.items()],
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that was found.

    Parameters
    ----------
    gains : Mapping[str, Gain]
        By metric.
    asked : tuple[Asked, ...]
        In the order of the file.
    settings : PipelineSettings
        How it was searched.
    models : Models
        Who did it.
    drafted : int
        Questions that nobody has corrected.
    """

    gains: Mapping[str, Gain]
    asked: tuple[Asked, ...]
    settings: PipelineSettings
    models: Models
    drafted: int = 0

    @property
    def missing(self) -> dict[str, tuple[str, ...]]:
        """What questions name and the collection does not hold, by question."""
        return {each.id: each.missing for each in self.asked if each.missing}

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "questions": len(self.asked),
            "drafted": self.drafted,
            "pipeline": self.settings.model_dump(include=NUMBERS),
            "models": self.models.to_dict(),
            "measures": {metric: asdict(gain) for metric, gain in self.gains.items()},
            "missing": {id: list(marks) for id, marks in self.missing.items()},
            "asked": [asdict(each) for each in self.asked],
        }


def verdict(differences: Mapping[str, Interval], questions: int) -> str:
    """What the differences by reranking say, in words.

    Parameters
    ----------
    differences : Mapping[str, tuple[float, float]]
        By metric, the interval of the difference.
    questions : int
        How many were asked.

    Examples
    --------
    >>> verdict({"P@5": (0.01, 0.2), "MRR@10": (-0.1, 0.1)}, 50)
    'Reranking raised P@5, by more than chance.'
    >>> verdict({"P@5": (-0.1, 0.1)}, 50)
    'No difference is more than chance: reranking is not shown to be worth its time here.'
    """
    if questions < FEW:
        return f"Fewer than {FEW} questions show nothing: ask more."
    raised = ", ".join(metric for metric, (low, _) in differences.items() if low > 0)
    lowered = ", ".join(metric for metric, (_, high) in differences.items() if high < 0)
    told = " and ".join(f"{how} {some}" for how, some in (("raised", raised), ("lowered", lowered)) if some)
    if not told:
        return "No difference is more than chance: reranking is not shown to be worth its time here."
    return f"Reranking {told}, by more than chance."
