"""From a task to its result: first stage, rerankers on the same candidates, measures, comparisons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from statistics import fmean
from typing import TypeAlias

from pertinent.embedders.protocol import TextEmbedder
from pertinent.evaluate.effort import Judge, timed
from pertinent.evaluate.first_stage import (
    Found,
    Order,
    WithoutVectors,
    base_stage,
    given_candidates,
    open_index,
    searched_candidates,
)
from pertinent.evaluate.request import GIVEN, RERANKED, Request
from pertinent.evaluate.result import Effort, GroupResult, Run, StageResult, TaskResult
from pertinent.evaluate.stages import stage_name
from pertinent.evaluate.statistics.measures import Metric, measure, parse_metrics, recall_by_depth
from pertinent.evaluate.statistics.significance import compare, interval
from pertinent.evaluate.task import Task
from pertinent.rerankers.chain import constants_of
from pertinent.search.final import FinalFormula
from pertinent.types import Candidate, Scores

Report: TypeAlias = Callable[[str, int, int], None]
"""Called with (what is being done, done, total); total is 0 while it is not known."""

DEPTHS = (1, 2, 3, 5, 10, 20, 30, 50, 70, 100, 200, 500, 1000)
"""Of the recall curve, as far as the candidates go."""

MOST_PAIRS = 1_000_000
"""Pairs kept for the reliability diagram."""


def evaluate_task(
    task: Task,
    request: Request,
    embedder: TextEmbedder | None,
    judges: Mapping[str, Judge],
    report: Report | None = None,
) -> TaskResult:
    """Evaluate one task.

    Parameters
    ----------
    task : Task
        What to evaluate on.
    request : Request
        Stages, depth, metrics.
    embedder : TextEmbedder | None
        Of the dense list; None where BM25 alone is asked for or candidates are given.
    judges : Mapping[str, Judge]
        Rerankers by label; all read the same candidates.
    report : Callable[[str, int, int], None] | None
        Told of the progress.

    Returns
    -------
    TaskResult
        Comparisons are not yet corrected (see ``significance.with_holm``), and there is no card yet.
    """
    report = report or (lambda *_: None)
    metrics = parse_metrics(request.metrics or task.metrics)
    task = task.sample(request.queries)
    runs: dict[str, dict[str, Order]] = {}
    pairs: dict[str, list[tuple[float, bool]]] = {}
    first_seconds: list[float] = []
    reranking = [stage for stage in RERANKED if stage in request.stages]
    with _first_stage(task, request, embedder, report) as found:
        for done, (query, first) in enumerate(found):
            report(task.name, done, len(task.queries))
            for stage, order in first.orders.items():
                runs.setdefault(stage, {})[query] = first.completed(order)
            if first.seconds is not None:
                first_seconds.append(first.seconds)
            for label, judge in judges.items() if reranking else ():
                head = first.candidates[: None if task.kind == "screening" else request.candidates]
                texts = [candidate.passage.content for candidate in head]
                asked = task.queries[query]
                # The one query of a screening may take hours.
                progress = partial(report, f"{task.name}: {label}") if task.kind == "screening" else None
                scores = judge.score(asked, texts, request.instruction, first.seconds, progress)
                for stage in reranking:
                    order = _reordered(stage, first.candidates, scores, judge)
                    runs.setdefault(stage_name(stage, label, judges), {})[query] = first.completed(order)
                name = stage_name(reranking[0], label, judges)
                pairs.setdefault(name, []).extend(_judged(task, query, head, scores))
        report(task.name, len(task.queries), len(task.queries))
    efforts = {}
    base = base_stage(request.stages)
    if first_seconds:
        efforts[base] = timed(first_seconds)
    for label, judge in judges.items() if reranking else ():
        efforts |= {stage_name(stage, label, judges): judge.effort for stage in reranking}
    return _measured(task, request, metrics, runs, efforts, pairs)


@contextmanager
def _first_stage(
    task: Task, request: Request, embedder: TextEmbedder | None, report: Report
) -> Iterator[Iterator[tuple[str, Found]]]:
    if task.candidates is not None:
        yield given_candidates(task)
        return
    used = WithoutVectors() if embedder is None else embedder
    indexing = f"{task.name}: indexing"
    with closing(open_index(task, used, request, lambda done: report(indexing, done, 0))) as store:
        yield searched_candidates(task, store, used, request)


def _reordered(stage: str, candidates: list[Candidate], scores: Scores, judge: Judge) -> Order:
    """Documents by margin or by ``final``; candidates that were not scored follow in their order."""
    scored = list(zip(candidates, scores, strict=False))
    if stage == "rerank":
        valued = sorted(((c, s.margin) for c, s in scored), key=lambda item: (-item[1], item[0].rank))
    else:
        formula = FinalFormula.from_constants(constants_of(judge.scorer, scores))
        valued = [(c, final) for c, _, final in formula.order(scored)]
    best: dict[str, float] = {}
    for candidate, value in valued:
        best.setdefault(candidate.passage.document_id, value)
    last = valued[-1][1] if valued else 0.0
    for place, candidate in enumerate(candidates[len(scored) :], start=1):
        best.setdefault(candidate.passage.document_id, last - place)
    return list(best.items())


def _judged(
    task: Task, query: str, head: Iterable[Candidate], scores: Scores
) -> Iterator[tuple[float, bool]]:
    """Probability and relevance of what was scored; of given candidates only what was judged."""
    grades = task.judgements.get(query, {})
    for candidate, score in zip(head, scores, strict=False):
        document = candidate.passage.document_id
        if task.candidates is None or document in grades:
            yield score.probability, grades.get(document, 0) > 0


def _measured(
    task: Task,
    request: Request,
    metrics: Sequence[Metric],
    runs: Mapping[str, Run],
    efforts: Mapping[str, Effort],
    pairs: Mapping[str, list[tuple[float, bool]]],
) -> TaskResult:
    names = tuple(metric.name for metric in metrics)
    ways = {"resamples": request.resamples, "seed": request.seed}
    stages: dict[str, StageResult] = {}
    for name, run in runs.items():
        values = measure(run, task, metrics)
        numbers = {metric: list(each.values()) for metric, each in values.items()}
        stages[name] = StageResult(
            run,
            values,
            {metric: fmean(each) for metric, each in numbers.items()},
            {metric: interval(each, **ways) for metric, each in numbers.items()},
        )
    baseline = _baseline(stages, request)
    comparisons = tuple(
        compare(name, baseline, metric, stages[name].values[metric], stages[baseline].values[metric], **ways)
        for name in stages
        if name != baseline and len(task.queries) > 1  # one query tells nothing of others
        for metric in names
    )
    deepest = max((len(order) for run in runs.values() for order in run.values()), default=0)
    depths = [depth for depth in DEPTHS if depth <= deepest]
    return TaskResult(
        task.name,
        task.split,
        task.kind,
        task.queries,
        names,
        stages,
        baseline,
        comparisons,
        efforts,
        _groups(task, stages),
        {name: each[:MOST_PAIRS] for name, each in pairs.items()},
        recall_by_depth={name: recall_by_depth(run, task, depths) for name, run in runs.items()},
    )


def _baseline(stages: Mapping[str, StageResult], request: Request) -> str:
    if request.baseline in stages:
        return str(request.baseline)
    return next(name for name in (base_stage(request.stages), GIVEN, *stages) if name in stages)


def _groups(task: Task, stages: Mapping[str, StageResult]) -> dict[str, GroupResult]:
    members: dict[str, list[str]] = {}
    for query in task.queries:
        if query in task.groups:
            members.setdefault(task.groups[query], []).append(query)
    return {
        group: GroupResult(
            len(queries),
            {
                name: {
                    metric: fmean(values[query] for query in queries)
                    for metric, values in stage.values.items()
                }
                for name, stage in stages.items()
            },
        )
        for group, queries in sorted(members.items())
    }
