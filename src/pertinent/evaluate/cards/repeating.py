"""Repeat an evaluation from its run card: refused where something is different, computed anew where not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pertinent.errors import DataError
from pertinent.evaluate.cards.card_file import read_card, read_values
from pertinent.evaluate.cards.repeat import RepeatReport, compare_values, require_same
from pertinent.evaluate.evaluation import Report
from pertinent.evaluate.request import Request
from pertinent.evaluate.requested import Models, open_all
from pertinent.evaluate.result import TaskResult


@dataclass(frozen=True, slots=True)
class Repeated:
    """What a repeat gave.

    Parameters
    ----------
    result : TaskResult
        Computed now, without the score cache.
    report : RepeatReport
        Its values beside the old ones.
    warnings : list[str]
        Versions, machine and places that are not what they were.
    """

    result: TaskResult
    report: RepeatReport
    warnings: list[str]


def repeat(path: Path, report: Report | None = None) -> Repeated:
    """Evaluate again what a card describes.

    Parameters
    ----------
    path : Path
        A card, or an output folder with one.
    report : Callable[[str, int, int], None] | None
        Told of the progress.

    Raises
    ------
    DataError
        If the card cannot be read, its set is not found any more, or data, models, prompts or
        settings are not those of the card.
    """
    card = read_card(path)
    old = read_values(path, card)
    request = Request.from_dict(card["request"])
    tasks = [
        task for task in open_all(request) if (task.name, task.split) == (card["dataset"], card["split"])
    ]
    if not tasks:
        raise DataError(
            f"The sets of the card hold no {card['dataset']} {card['split']} any more.",
            hint="Bring the data back to where the card says that it lies.",
        )
    models = Models.open(request, fresh=True)
    warnings = require_same(card, models.card(tasks[0], request))
    result = models.evaluate(tasks[0], request, report)
    new = {name: stage.values for name, stage in result.stages.items()}
    if old is not None:
        return Repeated(result, compare_values(old, new), warnings)
    if result.card["values_hash"] != card["values_hash"]:
        raise DataError(
            "The repeat gave other values; which ones cannot be told.",
            hint="Keep per_query.jsonl beside the card to see them.",
        )
    return Repeated(result, compare_values(new, new), warnings)
