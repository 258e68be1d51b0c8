"""``pertinent COMMAND``: each command is one file of this folder."""

from __future__ import annotations

from typing import Annotated

import typer

from pertinent.cli import (
    calibrate,
    collections,
    demo,
    evaluate,
    index,
    kb,
    kb_worth,
    keys,
    mcp,
    models,
    providers,
    rerank,
    search,
    serve,
    train,
)

app = typer.Typer(
    name="pertinent",
    help="Find the passages that answer a question: index, search, rerank.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    demo.demo,
    index.index,
    search.search,
    rerank.rerank,
    evaluate.evaluate,
    calibrate.calibrate,
    train.train,
    serve.serve,
    mcp.mcp,
):
    app.command()(command)
kb.app.command("evaluate")(kb_worth.evaluate)
kb.app.command("draft-questions")(kb_worth.draft_questions)
app.add_typer(kb.app)
app.add_typer(collections.app)
app.add_typer(models.app)
app.add_typer(providers.app)
app.add_typer(keys.app)


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
