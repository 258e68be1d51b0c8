"""Metrics of an order of documents, by ir-measures.

Values are trec_eval's, through pytrec_eval (Van Gysel and de Rijke, SIGIR 2018); what trec_eval lacks,
``RR@k`` and ``Judged@k``, is ir-measures' own (MacAvaney, Macdonald and Ounis, ECIR 2022). Other
providers of ir-measures are left out, so that a value never depends on what else is installed. Work
saved over sampling, which none of them knows, stands in :mod:`pertinent.evaluate.statistics.work_saved`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from pertinent.errors import DataError, UsageError
from pertinent.evaluate.extra import require
from pertinent.evaluate.result import PerQuery, Run
from pertinent.evaluate.run_files import falling_scores
from pertinent.evaluate.statistics.work_saved import WorkSaved
from pertinent.evaluate.task import Task

if TYPE_CHECKING:
    from ir_measures import Measure

PROVIDERS = ("pytrec_eval", "judged", "msmarco")
NOT_OF_A_RANKING = frozenset({"NumQ", "NumRel"})
"""These count queries and judgements, whatever was ranked."""

BOUNDS: Mapping[str, tuple[float, float]] = {
    "cutoff": (1, 1_000_000),
    "rel": (1, 1_000),
    "recall": (0, 1),
    "beta": (0.01, 100),
}
"""Outside of them trec_eval ends the whole process."""

MAX_GRADE = 10_000
"""trec_eval holds an array as long as the highest grade."""

_MAX_NAME = 200
_SPELLING = re.compile(r"\s*(\w+)(.*)", re.DOTALL)
_WORK_SAVED = re.compile(r"\s*wss@(100|[1-9][0-9]?)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric and how its user spelt it.

    Parameters
    ----------
    name : str
        As it was asked for.
    measure : ir_measures.Measure | WorkSaved
        What it means.
    """

    name: str
    measure: Measure | WorkSaved


def parse_metrics(names: Sequence[str]) -> tuple[Metric, ...]:
    """Read names of metrics, in any case: ``nDCG@10``, ``MAP``, ``MRR@10``, ``AP(rel=2)@100``, ``WSS@95``.

    Names follow ir-measures; a name that comes twice counts once.

    Raises
    ------
    UsageError
        If a metric is unknown, lacks its cutoff, or has a parameter that is out of bounds.

    Examples
    --------
    >>> [(metric.name, str(metric.measure)) for metric in parse_metrics(["ndcg@10", "MAP", "Recall@5"])]
    [('ndcg@10', 'nDCG@10'), ('MAP', 'AP'), ('Recall@5', 'R@5')]
    """
    return tuple(Metric(name, _parsed(name)) for name in dict.fromkeys(names))


def measure(run: Run, task: Task, metrics: Sequence[Metric]) -> PerQuery:
    """Measure an order of documents.

    The order counts and not the scores, so equal scores keep the order they came in.

    Parameters
    ----------
    run : Run
        Documents of each query, best first; for work saved over sampling all of the set.
    task : Task
        Its queries and judgements.
    metrics : Sequence[Metric]
        From :func:`parse_metrics`.

    Returns
    -------
    PerQuery
        Metric's name -> query -> value, for every query of the task in its order; 0 where the run has
        nothing.

    Raises
    ------
    DataError
        If a query's documents contain one twice, or a grade is out of bounds.
    UsageError
        If work saved over sampling is asked for a set that is no screening.

    Examples
    --------
    >>> queries, judgements = {"q": "who?", "r": "why?"}, {"q": {"d": 1}, "r": {"d": 1}}
    >>> task = Task("tiny", "test", "retrieval", queries, judgements, "hash")
    >>> measure({"q": [("a", 2.0), ("d", 2.0)]}, task, parse_metrics(["MRR"]))
    {'MRR': {'q': 0.5, 'r': 0.0}}
    """
    require_measurable(task, metrics)
    by_library = _by_library(run, task, [m.measure for m in metrics if not isinstance(m.measure, WorkSaved)])
    return {
        metric.name: _work_saved(run, task, metric.measure)
        if isinstance(metric.measure, WorkSaved)
        else by_library[metric.measure]
        for metric in metrics
    }


def require_measurable(task: Task, metrics: Sequence[Metric]) -> None:
    """Refuse metrics that a task has no value of, whatever will be ranked.

    Raises
    ------
    DataError
        If a grade is out of bounds.
    UsageError
        If work saved over sampling is asked for a set that is no screening.
    """
    for metric in metrics:
        if isinstance(metric.measure, WorkSaved) and task.kind != "screening":
            raise UsageError(
                f"{metric.name} needs a screening, where every document is ranked.",
                hint=f"Leave it out for {task.name}.",
            )
    grades = (grade for query in task.queries for grade in task.judgements.get(query, {}).values())
    if any(abs(grade) > MAX_GRADE for grade in grades):
        raise DataError(
            f"{task.name} has a judgement whose grade is over {MAX_GRADE:,}.",
            hint="Give small whole numbers as grades, such as 0 to 3.",
        )


def recall_by_depth(run: Run, task: Task, depths: Sequence[int]) -> dict[int, float]:
    """Mean recall over the task's queries within the first ``depth`` documents, for each depth."""
    metrics = {depth: f"R@{depth}" for depth in depths}
    values = measure(run, task, parse_metrics(list(metrics.values())))
    return {depth: fmean(values[name].values()) for depth, name in metrics.items()}


def _by_library(run: Run, task: Task, measures: Sequence[Measure]) -> dict[Measure, dict[str, float]]:
    values = {m: dict.fromkeys(task.queries, 0.0) for m in measures}
    if not values:
        return values
    # trec_eval is written in C and crashes on some ids, so it only sees numbers.
    queries = list(task.queries)
    scores, grades = {}, {}
    for number, query in enumerate(queries):
        ranked = falling_scores([document for document, _ in run.get(query, ())])
        ids = {document: str(rank) for rank, document in enumerate(ranked)}
        judged = task.judgements.get(query, {})
        grades[str(number)] = {ids.setdefault(doc, str(len(ids))): grade for doc, grade in judged.items()}
        if ranked:
            scores[str(number)] = {ids[document]: score for document, score in ranked.items()}
    provider = _provider()
    for each, by_query in values.items():
        # One at a time: asked for nDCG with and without gains at once, ir-measures gives one value for both.
        for found in provider.evaluator([each], grades).iter_calc(scores):
            by_query[queries[int(found.query_id)]] = float(found.value)
    return values


def _work_saved(run: Run, task: Task, measure: WorkSaved) -> dict[str, float]:
    return {
        query: measure.of(
            list(falling_scores([document for document, _ in run.get(query, ())])),
            {document for document, grade in task.judgements.get(query, {}).items() if grade > 0},
        )
        for query in task.queries
    }


def _parsed(name: str) -> Measure | WorkSaved:
    if work_saved := _WORK_SAVED.fullmatch(name):
        return WorkSaved(int(work_saved[1]))
    ir_measures = require("ir_measures")
    spelling = _SPELLING.fullmatch(name[:_MAX_NAME])
    known = {spelt.casefold(): spelt for spelt in _supported()}
    if spelling is None or spelling[1].casefold() not in known:
        raise UsageError(f"There is no metric {name[:_MAX_NAME]!r}.", hint=_known())
    try:
        measure: Measure = ir_measures.parse_measure(known[spelling[1].casefold()] + spelling[2])
        sound = _provider().supports(measure) and all(_in_bounds(*item) for item in measure.params.items())
    except (ValueError, TypeError, AssertionError, SyntaxError, RecursionError, MemoryError):
        sound = False
    if not sound:
        raise UsageError(
            f"The metric {name[:_MAX_NAME]!r} lacks a cutoff or has a wrong parameter.", hint=_known()
        )
    return measure


def _in_bounds(parameter: str, value: Any) -> bool:
    if parameter == "gains":
        return all(
            isinstance(number, int) and 0 <= number <= MAX_GRADE for pair in value.items() for number in pair
        )
    if parameter not in BOUNDS:
        return True
    least, most = BOUNDS[parameter]
    # ir-measures hands recall levels to trec_eval with two decimals.
    return not isinstance(value, bool) and least <= value <= most and round(value, 2) == value


def _provider() -> Any:
    providers = require("ir_measures").providers
    return providers.FallbackProvider([providers.registry[name] for name in PROVIDERS])


def _supported() -> list[str]:
    """Every spelling that ir-measures has for what the providers compute."""
    names = {
        supported.NAME for provider in _provider().providers for supported in provider.SUPPORTED_MEASURES
    }
    registry = require("ir_measures").measures.registry
    return [spelt for spelt, each in registry.items() if each.NAME in names - NOT_OF_A_RANKING]


def _known() -> str:
    names = sorted({*_supported(), "WSS"}, key=str.casefold)
    return f"Write metrics like nDCG@10, P@5, MAP, MRR@10, R@100 or AP(rel=2); known are {', '.join(names)}."
