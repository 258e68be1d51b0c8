"""``pertinent models``: what is known, what is present, context, size, licence; downloading one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pertinent.cli import models_check, models_choose
from pertinent.cli.options import Json

if TYPE_CHECKING:
    from pertinent.engine.catalogue import KnownModel

REVISION_SHOWN = 12

app = typer.Typer(name="models", help="List the models Pertinent knows; download, check or choose one.")
app.command()(models_check.check)
app.command()(models_choose.choose)


@app.callback(invoke_without_command=True)
def models(context: typer.Context, json: Json = False) -> None:
    """List the models Pertinent knows; download, check or choose one."""
    from pertinent.cli.console import print_json
    from pertinent.engine.catalogue import known_models

    if context.invoked_subcommand is not None:
        return
    known = known_models()
    if json:
        print_json([{**asdict(model.info), "present": model.present, "bytes": model.size} for model in known])
    else:
        _print_table(known)


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A Hugging Face name: ORG/NAME or ORG/NAME@REVISION.")],
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    json: Json = False,
) -> None:
    """Download a model, or what is lacking of it, and print its folder."""
    from pertinent.cli.console import print_json, print_line
    from pertinent.cli.loading import download_progress
    from pertinent.engine.catalogue import find_model, is_own_model
    from pertinent.engine.hub import fetch_model

    with download_progress(quiet or json) as progress:
        folder = find_model(name) if is_own_model(name) else fetch_model(name, progress=progress)
    if json:
        print_json({"name": name, "folder": str(folder)})
    else:
        print_line(str(folder))


def _print_table(known: tuple[KnownModel, ...]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from pertinent.cli.console import output, print_line

    table = Table(show_edge=False, pad_edge=False)
    table.add_column("model", no_wrap=True)
    for heading in ("kind", "present", "revision", "licence"):
        table.add_column(heading)
    for heading in ("context", "weights", "on disk"):
        table.add_column(heading, justify="right", no_wrap=True)
    for model in known:
        info = model.info
        table.add_row(
            escape(info.name),
            info.kind,
            "yes" if model.present else "no",
            escape(info.revision[:REVISION_SHOWN] or "–"),
            escape(info.licence),
            f"{info.max_tokens:,}",
            _rounded(info.parameters, "M", "B"),
            _rounded(model.size, "MB", "GB") if model.present else "–",
        )
    output().print(table)
    for model in known:
        print_line(f"{model.info.name}: {model.info.description}", style="dim")


def _rounded(number: int, million: str, billion: str) -> str:
    return f"{number / 1e9:.1f} {billion}" if number >= 1e9 else f"{number / 1e6:.1f} {million}"
