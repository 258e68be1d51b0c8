"""How well a student orders the passages of development examples, by ir-measures."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import torch

from pertinent.evaluate.statistics.measures import measure, parse_metrics
from pertinent.evaluate.task import Task
from pertinent.train.examples import Example, TrainingPassage
from pertinent.train.protocol import Student

METRICS = ("nDCG@10", "MRR@10")
"""What is measured; the first one chooses the best checkpoint."""

LIKELY = 0.5
"""Where nothing was judged, a label from here on is an answer."""


def is_answer(passage: TrainingPassage) -> bool:
    """Whether a passage is judged, or else held for, an answer.

    Examples
    --------
    >>> [is_answer(TrainingPassage("text", judged, label=0.7)) for judged in (None, False)]
    [True, False]
    """
    if passage.relevant is None:
        return passage.label is not None and passage.label >= LIKELY
    return passage.relevant


def measure_student(student: Student, examples: Sequence[Example]) -> dict[str, float]:
    """Mean metrics over the examples that have an answer.

    Parameters
    ----------
    student : Student
        Put into evaluation mode; its mode is as before afterwards.
    examples : Sequence[Example]
        Every passage of each is ordered.

    Returns
    -------
    dict[str, float]
        By name; empty where no example has an answer.
    """
    queries: dict[str, str] = {}
    grades: dict[str, dict[str, int]] = {}
    runs: dict[str, list[tuple[str, float]]] = {}
    mode = student.module.training
    student.module.eval()
    try:
        for number, example in enumerate(examples):
            answers = [is_answer(passage) for passage in example.passages]
            if not any(answers):
                continue
            with torch.no_grad():
                found = student.margins([example.query], [[each.text for each in example.passages]])
            # What is no number stands last: it would keep the order of the example, answers first.
            margins = found.own[0].nan_to_num(nan=-torch.inf)
            rows = zip(margins.tolist(), answers, range(len(answers)), strict=True)
            # Answers come first in examples: of equals they must come last, or saying nothing were perfect.
            ordered = sorted(rows, key=lambda row: (-row[0], row[1]))
            query = str(number)
            queries[query] = example.query
            grades[query] = {str(place): int(answer) for place, answer in enumerate(answers)}
            runs[query] = [(str(place), margin) for margin, _, place in ordered]
    finally:
        student.module.train(mode)
    if not queries:
        return {}
    task = Task("development", "dev", "candidates", queries, grades, data_hash="")
    values = measure(runs, task, parse_metrics(METRICS))
    return {name: fmean(by_query.values()) for name, by_query in values.items()}
