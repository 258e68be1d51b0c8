"""How a download shows on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import TaskID

from pertinent.cli.console import errors, progress_bar
from pertinent.types import Progress


@contextmanager
def download_progress(quiet: bool = False) -> Iterator[Progress]:
    """Progress for ``fetch_model``: a bar on stderr once bytes are expected, nothing where all is here.

    Parameters
    ----------
    quiet : bool
        Show nothing.

    Yields
    ------
    Callable[[int, int], None]
        To be called with bytes that are here and bytes in all.
    """
    tasks: list[TaskID] = []
    with progress_bar(quiet) as bar:

        def progress(done: int, total: int) -> None:
            if not tasks:
                tasks.append(bar.add_task("Downloading", total=total, detail=""))
            detail = f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB"
            bar.update(tasks[0], completed=done, total=total, detail=detail)

        try:
            yield progress
        except KeyboardInterrupt:
            if tasks:
                errors().print(
                    "Interrupted. What has arrived is kept; the same command goes on.", style="yellow"
                )
            raise
