"""Where commands write: results to stdout, everything else to stderr; colours only on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

PIPE_WIDTH = 120


@cache
def output() -> Console:
    """Console for results; a file or a pipe has no width of its own."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


@cache
def errors() -> Console:
    """Console for notices, progress and errors."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: Any, *, lines: bool = False) -> None:
    """One JSON document, or one line of JSON Lines."""
    text = json.dumps(value, ensure_ascii=False, indent=None if lines else 2)
    # A lone surrogate cannot be written as UTF-8; as an escape it is still valid JSON.
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")


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
