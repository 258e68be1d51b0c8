"""The command line: ``pertinent COMMAND``. Each command is one file of this folder.

Exit codes: 0 done, 1 a fault in data or environment, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from pertinent.cli import collections, demo, index, models, rerank, search
from pertinent.errors import PertinentError

INTERRUPTED = 130
"""What typer exits with after Ctrl-C."""

app = typer.Typer(
    name="pertinent",
    help="Find the passages that answer a question: index, search, rerank.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (demo.demo, index.index, search.search, rerank.rerank, collections.collections, models.models):
    app.command()(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"pertinent {version('pertinent')}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find the passages that answer a question: index, search, rerank."""


def main() -> None:
    """Run the command line; errors become one clear message and an exit code, never a traceback."""
    try:
        app()
    except PertinentError as error:
        _tell(error.message, error.hint)
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _tell("Interrupted.", "What was acknowledged is kept; the same command goes on from there.")
        raise
    except Exception as error:
        if os.environ.get("PERTINENT_DEBUG"):
            raise
        # The text of a foreign error may hold a patient's; its kind does not.
        _tell(
            f"Pertinent met a fault of its own ({type(error).__name__}).",
            "Set PERTINENT_DEBUG=1 to see where, and please report it.",
        )
        sys.exit(1)


def _tell(message: str, hint: str) -> None:
    from pertinent.cli.console import errors

    errors().print(f"[bold red]Error:[/] {_plain(message)}\n{_plain(hint)}", highlight=False)


def _plain(text: str) -> str:
    from rich.markup import escape

    from pertinent.types import printable

    return escape(printable(text))
