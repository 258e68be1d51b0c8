"""How downloading and converting a model show on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    with _late_bar(quiet, "Downloading", lambda n, of: f"{n / 1e6:,.0f} of {of / 1e6:,.0f} MB") as progress:
        yield progress


def load_model(model: object, quiet: bool = False) -> None:
    """Load a reranker or embedder, with a bar on stderr while it is converted for the first time.

    Parameters
    ----------
    model : object
        Something with ``load(progress=)``; a no-op for what has nothing to load.
    quiet : bool
        Show nothing.

    Raises
    ------
    PertinentError
        As its ``load`` does.
    """
    load = getattr(model, "load", None)
    if load is not None:
        with _late_bar(quiet, "Converting", lambda n, of: f"{n} of {of} layers") as progress:
            load(progress=progress)


@contextmanager
def _late_bar(quiet: bool, what: str, detail: Callable[[int, int], str]) -> Iterator[Progress]:
    """A bar that appears with the first report."""
    tasks: list[TaskID] = []
    with progress_bar(quiet) as bar:

        def progress(done: int, total: int) -> None:
            if not tasks:
                tasks.append(bar.add_task(what, total=total, detail=""))
            bar.update(tasks[0], completed=done, total=total, detail=detail(done, total))

        try:
            yield progress
        except KeyboardInterrupt:
            if tasks:
                errors().print(
                    "Interrupted. What has arrived is kept; the same command goes on.", style="yellow"
                )
            raise
