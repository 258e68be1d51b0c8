"""Where commands write: results to stdout, everything else to stderr; colours only on a terminal.

No console reads ``:name:`` as an emoji: in a document that is text.
"""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from pertinent.types import printable

PIPE_WIDTH = 120
"""Columns of tables and hits where there is no terminal; single lines stay as long as they are."""


@cache
def output() -> Console:
    """Console for results; a file or a pipe has no width of its own."""
    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


@cache
def errors() -> Console:
    """Console for notices, progress and errors."""
    return Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def print_line(text: str, style: str | None = None) -> None:
    """A result of one line, which no width breaks."""
    output().print(text, markup=False, soft_wrap=True, style=style)


def one_line(text: str) -> str:
    r"""A foreign text for one line: nothing in it steers the terminal or begins another line.

    Examples
    --------
    >>> one_line("name\x1b[2J\nnext")
    'name�[2J next'
    """
    return printable(text).replace("\n", " ").replace("\t", " ")


def print_json(value: Any, *, lines: bool = False) -> None:
    """One JSON document, or one line of JSON Lines."""
    # Other encodings lack signs, and only JSON's own escapes may stand for these.
    escaped = codecs.lookup(sys.stdout.encoding or "utf-8").name != "utf-8"
    text = json.dumps(value, ensure_ascii=escaped, indent=None if lines else 2)
    # A lone surrogate cannot be written as UTF-8; as an escape it is still valid JSON.
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")


@contextmanager
def resumable() -> Iterator[None]:
    """Tell after Ctrl-C that what the block did is kept."""
    try:
        yield
    except KeyboardInterrupt:
        errors().print(
            "Interrupted. What was acknowledged is kept; the same command goes on from there.", style="yellow"
        )
        raise


@contextmanager
def progress_bar(quiet: bool = False) -> Iterator[Progress]:
    """Progress on stderr; nothing where stderr is no terminal or the caller wants quiet."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[detail]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=errors(),
        disable=quiet or not errors().is_terminal,
    ) as bar:
        yield bar


@contextmanager
def named_progress(quiet: bool = False) -> Iterator[Callable[..., None]]:
    """One bar for each thing that is being done, in their order.

    Yields
    ------
    Callable[[str, int, int, str], None]
        To be called with (what, done, total, detail); total is 0 while it is not known, and the detail may
        be left out.
    """
    with progress_bar(quiet) as bar:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int, detail: str = "") -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total or None, detail="")
            count = f"{done} of {total}" if total else f"{done}"
            shown = ", ".join(filter(None, (count, detail)))
            bar.update(tasks[what], completed=done, total=total or None, detail=shown)

        yield report
