"""What reranking is worth on a knowledge base: the same questions searched without it and with it.

Both searches are those of the configured pipeline, without its deadline. Counted are hits, which are
passages, as a search shows them. A hit is relevant if its passage belongs to a document, or stands under a
heading, that the question names. As a search shows no more than some passages of one document, the best list
that it could show has no more either; nDCG compares with that list, and ``most`` is what a metric would be
there. What a question names and the collection does not hold counts as not found, and so does what the
threshold leaves out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import Any

from pertinent.errors import DataError, ModelError
from pertinent.evaluate.result import Interval, PerQuery
from pertinent.evaluate.statistics.measures import measure, parse_metrics
from pertinent.evaluate.statistics.significance import compare, interval
from pertinent.evaluate.task import Task
from pertinent.kb.pipeline import ConfiguredSearch
from pertinent.kb.questions import Question
from pertinent.kb.relevance import Relevant, find_relevant
from pertinent.kb.settings import PipelineSettings
from pertinent.search.result import Rerank, SearchResult
from pertinent.types import Failover

METRICS = ("P@5", "nDCG@10", "MRR@10")
RESAMPLES, SEED = 10_000, 0
"""Of the bootstrap."""

UNHURRIED = 86_400.0
"""Seconds for one search: what is measured is not cut short."""

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


def evaluate_questions(
    base: ConfiguredSearch,
    questions: Sequence[Question],
    report: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Ask each question without reranking and with it, whether or not the settings enable it.

    Parameters
    ----------
    base : ConfiguredSearch
        What is asked.
    questions : Sequence[Question]
        At least one.
    report : Callable[[int, int], None] | None
        Called with (questions asked, questions in all).

    Raises
    ------
    DataError
        If the collection holds nothing of what the questions name, or was changed meanwhile.
    ModelError
        If a question was not reranked.
    """
    store = base.reader()
    generation = store.manifest.generation
    relevant = find_relevant(store, questions)
    if not any(each.passages for each in relevant.values()):
        raise DataError(
            "The collection holds none of the documents that the questions name.",
            hint="Ids are as searches show them: paths below the folder. Check NAME and the file.",
        )
    base.load(required=True)
    runs: dict[Rerank, dict[str, list[str]]] = {"off": {}, "required": {}}
    models = Models()
    for done, question in enumerate(questions):
        if report:
            report(done, len(questions))
        for rerank, run in runs.items():
            result = _search(base, question, rerank)
            run[question.id] = relevant[question.id].placed(hit.passage for hit in result)
        models.note(result)
    if base.reader().manifest.generation != generation:
        raise DataError(
            "The collection was changed while it was evaluated.",
            hint="Run it again while nothing writes to it; scores of a local reranker are kept.",
        )
    if report:
        report(len(questions), len(questions))
    return _measured(questions, relevant, runs, base.settings, models)


def _search(base: ConfiguredSearch, question: Question, rerank: Rerank) -> SearchResult:
    try:
        return base.search(question.question, rerank=rerank, deadline=UNHURRIED)
    except ModelError as error:
        raise ModelError(
            f"Question {question.id}: {error.message}",
            hint="Correct that, and run it again; scores of a local reranker are kept.",
        ) from error


def _measured(
    questions: Sequence[Question],
    relevant: Mapping[str, Relevant],
    runs: Mapping[Rerank, Mapping[str, list[str]]],
    settings: PipelineSettings,
    models: Models,
) -> Evaluation:
    places = {id: each.places(settings.max_per_file) for id, each in relevant.items()}
    judged = {
        id: dict.fromkeys((*names, *(f"missing {mark}" for mark in relevant[id].missing)), 1)
        for id, names in places.items()
    }
    texts = {question.id: question.question for question in questions}
    task = Task("questions", "test", "retrieval", texts, judged, data_hash="")
    metrics = parse_metrics(METRICS)

    def values_of(lists: Mapping[str, Sequence[str]]) -> PerQuery:
        return measure({id: [(name, 0.0) for name in names] for id, names in lists.items()}, task, metrics)

    without, reranked = values_of(runs["off"]), values_of(runs["required"])
    best = values_of({id: names[: settings.top_k] for id, names in places.items()})
    gains = {m: _gain(without[m], reranked[m], fmean(best[m].values())) for m in METRICS}
    asked = tuple(
        Asked(
            question.id,
            question.question,
            _first(runs["off"][question.id], judged[question.id]),
            _first(runs["required"][question.id], judged[question.id]),
            {m: (without[m][question.id], reranked[m][question.id]) for m in METRICS},
            relevant[question.id].missing,
        )
        for question in questions
    )
    drafted = sum(bool(question.drafted) for question in questions)
    return Evaluation(gains, asked, settings, models, drafted)


def _gain(without: Mapping[str, float], reranked: Mapping[str, float], most: float) -> Gain:
    ways = {"resamples": RESAMPLES, "seed": SEED}
    found = compare("reranked", "without", "", reranked, without, **ways)
    return Gain(
        fmean(without.values()),
        interval(list(without.values()), **ways),
        fmean(reranked.values()),
        interval(list(reranked.values()), **ways),
        found.difference,
        found.interval,
        found.wins,
        found.losses,
        found.ties,
        most,
    )


def _first(names: Sequence[str], judged: Mapping[str, int]) -> int | None:
    return next((rank for rank, name in enumerate(names, start=1) if name in judged), None)
