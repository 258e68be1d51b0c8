"""Soft labels from what teachers say, and what is left out because of it.

1. Margins of each teacher are brought to mean 0 and spread 1 over all pairs, and their mean is taken; or
   their order within each query becomes pairwise outcomes, and those strengths (``bradley_terry``), as
   MemReranker does (arXiv 2605.06132).
2. A logistic curve turns that to 0..1. It is anchored on what is known: fitted by Platt's method so that
   known answers lie high and all other passages low, then moved so that both count the same, since how many
   other passages there are was our own choice. The temperature flattens or sharpens it.
3. A passage that was not judged and looks like an answer is left out: its label lies above the answer's times
   ``false_negative`` (Moreira et al., "NV-Retriever: Improving text embedding models with effective
   hard-negative mining", 2024, as ``TopK-PercPos``).
4. With ``agree``, judged passages that the label contradicts are left out, as Prism-Reranker takes the score
   of its teachers only where it agrees with the majority of its judges (arXiv 2604.23734).
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np

from pertinent.errors import DataError
from pertinent.evaluate.calibration.fitting import fit_map
from pertinent.train.bradley_terry import Floats, strengths
from pertinent.train.config import LabelConfig
from pertinent.train.examples import Example, TrainingPassage
from pertinent.types import logistic

MIDDLE = 0.5
"""Above this a label speaks for an answer."""


def label(examples: Callable[[], Iterable[Example]], config: LabelConfig) -> Iterator[Example]:
    """Label examples that teachers were asked about (see ``teachers.ask_teachers``).

    Parameters
    ----------
    examples : Callable[[], Iterable[Example]]
        Reads them, anew at each call; it is called twice.
    config : LabelConfig
        Whose margins, and what to do with them.

    Returns
    -------
    Iterator[Example]
        In their order, each with at least one answer and a label for every passage; what has no answer left
        is left out.

    Raises
    ------
    DataError
        If a teacher was not asked about a passage, teachers hold answers for worse than other passages, or
        the second reading is another than the first.
    """
    columns: tuple[array[float], ...] = ()
    relevant = bytearray()
    for example in examples():
        found = _opinions(example, config)
        columns = columns or tuple(array("d") for _ in found)
        for column, values in zip(columns, found, strict=True):
            column.extend(values)
        relevant.extend(passage.relevant is True for passage in example.passages)
    if not relevant:
        return
    logits = _anchored(_together(columns), np.frombuffer(relevant, dtype=np.bool_)) / config.temperature
    at = 0
    for example in examples():
        end = at + len(example.passages)
        own = logits[at:end].tolist()
        if len(own) < len(example.passages):
            raise _changed()
        labelled = [
            replace(passage, label=logistic(logit))
            for passage, logit in zip(example.passages, own, strict=True)
        ]
        at = end
        if kept := kept_passages(labelled, config):
            yield replace(example, passages=kept)
    if at != len(logits):
        raise _changed()


def _changed() -> DataError:
    return DataError("The examples changed while they were labelled.", hint="Start again.")


def _opinions(example: Example, config: LabelConfig) -> list[list[float]]:
    """What is said of an example's passages: by each teacher, or one strength from all."""
    try:
        margins = [[passage.margins[name] for passage in example.passages] for name in config.teachers]
    except KeyError as error:
        raise DataError(
            f"{error.args[0]} was not asked about some passages.", hint="Ask all teachers again."
        ) from None
    if config.combine == "mean":
        return margins
    return [strengths(outcomes(margins)).tolist()]


def outcomes(margins: Sequence[Sequence[float]]) -> Floats:
    """Wins of each passage against each other one, summed over teachers; equal margins are a tie.

    Parameters
    ----------
    margins : sequence of sequences of float
        Of each teacher, its margin of each passage.

    Returns
    -------
    ndarray, shape (passages, passages)
        How often the one of the row won; ties count half a win of each.

    Examples
    --------
    >>> outcomes([[2.0, 1.0, 1.0], [0.5, 0.7, 0.1]]).tolist()
    [[0.0, 1.0, 2.0], [1.0, 0.0, 1.5], [0.0, 0.5, 0.0]]
    """
    said = np.asarray(margins, dtype=np.float64)
    wins = 0.5 * (1 + np.sign(said[:, :, None] - said[:, None, :])).sum(axis=0)
    np.fill_diagonal(wins, 0)
    return np.asarray(wins, dtype=np.float64)


def _together(columns: Sequence[array[float]]) -> Floats:
    """Mean of the columns, each of mean 0 and spread 1; a column that says nothing counts as 0."""
    total = np.zeros(len(columns[0]))
    for column in columns:
        values = np.frombuffer(column, dtype=np.float64)
        total += (values - values.mean()) / (values.std() or 1.0)
    return total / len(columns)


def _anchored(values: Floats, relevant: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    """Log-odds of relevance if half of all passages were answers; the values where one kind is missing."""
    answers = int(relevant.sum())
    others = len(relevant) - answers
    if not (answers and others):
        return values
    if values[relevant].mean() <= values[~relevant].mean():
        raise DataError(
            "The teachers hold known answers for no better than other passages.",
            hint="Choose other teachers, or look whether queries and passages belong together.",
        )
    line = fit_map("platt", values, relevant)
    return line.slope * values + line.bias + math.log(others / answers)


def kept_passages(passages: Sequence[TrainingPassage], config: LabelConfig) -> tuple[TrainingPassage, ...]:
    """What of a query's labelled passages is trained on; nothing where no answer is left.

    Parameters
    ----------
    passages : Sequence[TrainingPassage]
        All with labels.
    config : LabelConfig
        ``agree`` and ``false_negative``; of several answers the mean of their labels counts.

    Examples
    --------
    >>> answer, near, far = (TrainingPassage(*each) for each in (
    ...     ("a", True, "judged", 0.8), ("b", None, "bm25", 0.79), ("c", None, "bm25", 0.3)))
    >>> [passage.text for passage in kept_passages([answer, near, far], LabelConfig(teachers=("t",)))]
    ['a', 'c']
    """
    agreed = [each for each in passages if not (config.agree and _contradicted(each))]
    answers = [_label(each) for each in agreed if each.relevant]
    if not answers:
        return ()
    highest = config.false_negative * fmean(answers)
    return tuple(each for each in agreed if each.relevant is not None or _label(each) <= highest)


def _contradicted(passage: TrainingPassage) -> bool:
    return passage.relevant is not None and passage.relevant != (_label(passage) > MIDDLE)


def _label(passage: TrainingPassage) -> float:
    return math.nan if passage.label is None else passage.label
