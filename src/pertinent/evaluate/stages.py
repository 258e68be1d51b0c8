"""Names of the stages of a result."""

from __future__ import annotations

from collections.abc import Collection

from pertinent.evaluate.request import FIRST_STAGES, GIVEN, RERANKED, Request
from pertinent.evaluate.task import Task


def stages_of(task: Task, request: Request, rerankers: Collection[str]) -> tuple[str, ...]:
    """Names of the stages that a task's result has, first stages first.

    Parameters
    ----------
    rerankers : Collection[str]
        Labels.

    Examples
    --------
    >>> task = Task("tiny", "test", "retrieval", {}, {}, "hash")
    >>> stages_of(task, Request(("tiny",), stages=("bm25", "rerank")), ("small", "large"))
    ('bm25', 'rerank:small', 'rerank:large')
    """
    first = [stage for stage in FIRST_STAGES if stage in request.stages]
    reranked = [stage for stage in RERANKED if stage in request.stages]
    return (
        *([GIVEN] if task.candidates is not None else first),
        *(stage_name(stage, label, rerankers) for label in rerankers for stage in reranked),
    )


def stage_name(stage: str, label: str, rerankers: Collection[str]) -> str:
    """Name of a reranker's stage; with a single reranker its label is left out.

    Examples
    --------
    >>> stage_name("rerank", "mini", ["mini"])
    'rerank'
    """
    return f"{stage}:{label}" if len(rerankers) > 1 else stage
