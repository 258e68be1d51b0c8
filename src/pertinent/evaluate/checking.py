"""Faults that are found before hours of work: in what is asked of each set, and in its documents."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NoReturn

from pertinent.errors import DataError, RecordError, UsageError
from pertinent.evaluate.request import Request
from pertinent.evaluate.stages import stages_of
from pertinent.evaluate.statistics.measures import parse_metrics, require_measurable
from pertinent.evaluate.task import Task
from pertinent.ingest.admission import admit

TOLD_EVERY = 1000
"""Documents between two reports of progress."""


def require_answerable(tasks: Sequence[Task], request: Request, rerankers: Collection[str]) -> None:
    """Refuse what some set could not answer when its queries are done.

    Parameters
    ----------
    tasks : Sequence[Task]
        All sets of the call.
    request : Request
        Metrics, baseline and stages.
    rerankers : Collection[str]
        Labels.

    Raises
    ------
    UsageError
        If a metric is unknown or not for this kind of set, or the baseline is a stage of no set.
    DataError
        If a grade is out of bounds.
    """
    stages: dict[str, None] = {}
    for task in tasks:
        require_measurable(task, parse_metrics(request.metrics or task.metrics))
        stages |= dict.fromkeys(stages_of(task, request, rerankers))
    if request.baseline is not None and request.baseline not in stages:
        raise UsageError(
            f"The baseline {request.baseline!r} is no stage of this evaluation.",
            hint=f"Its stages are {', '.join(stages)}.",
        )


def read_through(task: Task, report: Callable[[str, int, int], None]) -> None:
    """Read all documents of a set, so that a broken one is found before any is embedded.

    Parameters
    ----------
    task : Task
        With documents; one with candidates has been read already.
    report : Callable[[str, int, int], None]
        Told of the progress.

    Raises
    ------
    RecordError
        At the first record that cannot be read or stored.
    DataError
        If not one of the judged documents is there: then ids do not fit, and all figures would be 0.
    """
    if task.documents is None:
        return
    judged = {document for query in task.queries for document in task.judgements.get(query, {})}
    fits = not judged
    for done, document in enumerate(task.documents()):
        admit((document,), {}, _refuse)
        fits = fits or document.id in judged
        if done % TOLD_EVERY == 0:
            report(f"{task.name}: checking", done, 0)
    if not fits:
        raise DataError(
            f"None of the judged documents of {task.name} is among its documents.",
            hint="Give judgements and documents whose ids belong together.",
        )


def _refuse(error: RecordError) -> NoReturn:
    raise error
