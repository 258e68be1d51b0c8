"""``pertinent collections``: list, describe, delete, back up, restore."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from pertinent.cli import collections_server
from pertinent.cli.options import Json
from pertinent.errors import PertinentError, UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from pertinent.search.collection import Collection


class _ActionOrName(TyperGroup):
    """``collections NAME`` stands for ``collections show NAME``."""

    default = "show"

    def parse_args(self, context: Any, args: list[str]) -> list[str]:
        """Put the action in where a name or nothing stands in its place."""
        named = bool(args) and (args[0] in self.commands or args[0] in self.get_help_option_names(context))
        return super().parse_args(context, args if named else [self.default, *args])


app = typer.Typer(
    name="collections",
    cls=_ActionOrName,
    help="List the collections, or describe, delete, back up or restore one; copy one to or from a server.",
)
for action in (collections_server.push, collections_server.pull, collections_server.link):
    app.command()(action)


@app.command()
def show(
    name: Annotated[str | None, typer.Argument(help="Name or folder; without it all are listed.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete it; asks first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    backup: Annotated[Path | None, typer.Option(help="Write it to one file.")] = None,
    restore: Annotated[Path | None, typer.Option(help="Make it from such a file.")] = None,
    json: Json = False,
) -> None:
    """List the collections, or describe, delete, back up or restore one."""
    from pertinent.cli.console import one_line, print_json, print_line
    from pertinent.search.collection import Collection, list_collections

    if sum((delete, backup is not None, restore is not None)) > 1:
        raise UsageError("Several actions were asked for.", hint="Use one of --delete, --backup, --restore.")
    if name is None:
        if delete or backup or restore:
            raise UsageError("No collection was named.", hint="Give its name before the option.")
        _list([_described(collection) for collection in list_collections()], json)
        return
    if restore:
        done: dict[str, Any] = {"restored": name, **Collection.restore(name, restore).describe()}
    elif delete:
        done = {"deleted": name, **_delete(Collection.open(name), yes)}
    else:
        collection = Collection.open(name)
        done = collection.describe()
        if backup:
            collection.backup(backup)
            done = {"backup": str(backup), **done}
    if json:
        print_json(done)
    else:
        for key, value in done.items():
            print_line(one_line(f"{key:14} {_plain(value)}"))


def _described(collection: Collection) -> dict[str, Any]:
    """What a collection is, or why that cannot be told."""
    try:
        return collection.describe()
    except PertinentError as error:
        return {"name": collection.name, "path": str(collection.path), "fault": error.message}


def _delete(collection: Collection, yes: bool) -> dict[str, Any]:
    from pertinent.cli.console import one_line

    described = _described(collection)
    held = described["fault"] if "fault" in described else f"{described['documents']:,} documents."
    if not yes:
        if sys.stdin is None:
            raise UsageError("There is no input to answer on.", hint="Add --yes to delete without asking.")
        typer.confirm(
            one_line(f"{collection.name} at {collection.path}: {held} Delete it?"), abort=True, err=True
        )
    collection.delete()
    return described


def _list(rows: list[dict[str, Any]], json: bool) -> None:
    from pertinent.cli.console import output, print_json, print_line

    if json:
        print_json(rows)
    elif rows:
        output().print(_table(rows))
    else:
        print_line("No collections yet. Make one: pertinent index NAME PATH...")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        told = (f"{name} {_plain(part)}" for name, part in value.items() if part != "")
        return ", ".join(told) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _table(rows: list[dict[str, Any]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from pertinent.cli.console import one_line

    table = Table(show_edge=False, pad_edge=False)
    table.add_column("collection", overflow="fold")
    for heading in ("documents", "passages"):
        table.add_column(heading, justify="right")
    table.add_column("embedder", overflow="fold")
    for row in rows:
        about = (
            ("–", "–", Text(one_line(row["fault"]), style="red"))
            if "fault" in row
            else (f"{row['documents']:,}", f"{row['passages']:,}", Text(one_line(row["embedder"]["name"])))
        )
        table.add_row(Text(one_line(row["name"])), *about)
    return table
