"""From a path to tasks."""

from __future__ import annotations

from pathlib import Path

from pertinent.errors import DataError
from pertinent.evaluate.sources import beir
from pertinent.evaluate.task import Task

LAYOUTS = (beir.LAYOUT,)


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
    if not place.exists():
        raise DataError(f"There is no {place}.", hint="Give a folder or file with queries and judgements.")
    if beir.is_beir(place):
        return [beir.beir_task(place, split)]
    raise DataError(f"{place} has no layout that is known.", hint=f"Known are: {'; '.join(LAYOUTS)}.")
