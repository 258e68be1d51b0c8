"""From a path to tasks."""

from __future__ import annotations

import os
from pathlib import Path

from pertinent.errors import DataError
from pertinent.evaluate.sources import beir, candidates, memory, screening, trec
from pertinent.evaluate.task import Task

LAYOUTS = (beir.LAYOUT, candidates.LAYOUT, trec.LAYOUT, memory.LAYOUT, screening.LAYOUT)


def open_tasks(path: str | Path, split: str | None = None) -> list[Task]:
    """Judged sets of a folder or file.

    Parameters
    ----------
    path : str | Path
        What to evaluate on.
    split : str | None
        Which judgements; None takes ``test``, else ``dev``, else the only ones there are.

    Returns
    -------
    list[Task]
        At least one. Documents are not read yet.

    Raises
    ------
    DataError
        If the layout is not known, the split is not there, or something in the files is broken.
    """
    place = Path(path)
    if not os.path.exists(place):  # noqa: PTH110 (Path.exists raises where nobody may look)
        raise DataError(f"There is no {place}.", hint="Give a folder or file with queries and judgements.")
    if place.is_file() and place.name.removesuffix(".gz") == "candidates.jsonl":
        place = place.parent
    if candidates.is_candidates(place):
        return [candidates.candidates_task(place, split)]
    if beir.is_beir(place):
        return [beir.beir_task(place, split)]
    if place.is_dir() and trec.is_trec(place):
        return [trec.trec_folder_task(place, split)]
    if reviews := screening.screening_files(place):
        return screening.screening_tasks(place, reviews, split)
    if conversations := memory.memory_files(place):
        return [memory.memory_task(place, conversations, split)]
    raise DataError(f"{place} has no layout that is known.", hint=f"Known are: {'; '.join(LAYOUTS)}.")
