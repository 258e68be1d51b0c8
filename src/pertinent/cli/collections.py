"""``pertinent collections``: list, describe, delete, back up, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pertinent.errors import UsageError


def collections(
    name: Annotated[str | None, typer.Argument(help="Name or folder; without it all are listed.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete it; asks first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    backup: Annotated[Path | None, typer.Option(help="Write it to one file.")] = None,
    restore: Annotated[Path | None, typer.Option(help="Make it from such a file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the collections, or describe, delete, back up or restore one."""
    from pertinent.cli.console import output, print_json
    from pertinent.search.collection import Collection, list_collections

    if sum((delete, backup is not None, restore is not None)) > 1:
        raise UsageError("Several actions were asked for.", hint="Use one of --delete, --backup, --restore.")
    if name is None:
        if delete or backup or restore:
            raise UsageError("No collection was named.", hint="Give its name before the option.")
        _list([collection.describe() for collection in list_collections()], json)
        return
    if restore:
        done: dict[str, Any] = {"restored": name, **Collection.restore(name, restore).describe()}
    else:
        collection = Collection.open(name)
        done = collection.describe()
        if delete:
            question = f"Delete {name} with {done['documents']:,} documents at {done['path']}?"
            if not yes:
                typer.confirm(question, abort=True, err=True)
            collection.delete()
            done = {"deleted": name, **done}
        elif backup:
            collection.backup(backup)
            done = {"backup": str(backup), **done}
    if json:
        print_json(done)
    else:
        for key, value in done.items():
            output().print(f"{key:14} {_plain(value)}", markup=False)


def _list(rows: list[dict[str, Any]], json: bool) -> None:
    from pertinent.cli.console import output, print_json

    if json:
        print_json(rows)
    elif rows:
        output().print(_table(rows))
    else:
        output().print("No collections yet. Make one: pertinent index NAME PATH...")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(part)}" for name, part in value.items()) or "–"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _table(rows: list[dict[str, Any]]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(show_edge=False, pad_edge=False)
    for heading, side in (("collection", "left"), ("documents", "right"), ("passages", "right")):
        table.add_column(heading, justify="right" if side == "right" else "left")
    table.add_column("embedder")
    for row in rows:
        table.add_row(
            escape(str(row["name"])),
            f"{row['documents']:,}",
            f"{row['passages']:,}",
            escape(str(row["embedder"]["name"])),
        )
    return table
