"""``pertinent keys``: who may ask ``pertinent serve`` for what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pertinent.cli.options import Json

if TYPE_CHECKING:
    from pertinent.serve.keys import KeyFile

app = typer.Typer(name="keys", help="API keys of pertinent serve: add, list, revoke.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    scopes: Annotated[
        list[str],
        typer.Option(
            "--scope", help="rerank (embedding too), search:COLLECTION, search:* or admin; repeatable."
        ),
    ],
    json: Json = False,
) -> None:
    """Make a key and print it, once: only its hash is kept."""
    from pertinent.cli.console import errors, print_json, print_line

    key, secret = _file().add(name, scopes)
    if json:
        print_json({"id": key.id, "name": key.name, "scopes": list(key.scopes), "key": secret})
    else:
        errors().print("Keep it now; it is not shown again.", style="yellow")
        print_line(secret)


@app.command("list")
def list_keys(json: Json = False) -> None:
    """Show the keys by id and name; the keys themselves are not kept."""
    from pertinent.cli.console import print_json, print_line

    keys = _file().all()
    if json:
        print_json(
            [{"id": key.id, "name": key.name, "scopes": list(key.scopes), "made": key.made} for key in keys]
        )
        return
    for key in keys:
        print_line(f"{key.id}  {key.name:20} {' '.join(key.scopes):30} {key.made}")
    if not keys:
        print_line("No keys yet. Make one: pertinent keys add NAME --scope rerank")


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="Its name or id.")],
    json: Json = False,
) -> None:
    """Take a key away; running servers refuse it from the next request on."""
    from pertinent.cli.console import print_json, print_line

    gone = _file().revoke(key)
    if json:
        print_json({"revoked": gone.name, "id": gone.id})
    else:
        print_line(f"{gone.name} ({gone.id}) is revoked.")


def _file() -> KeyFile:
    from pertinent.serve.keys import KEYS_FILE, KeyFile
    from pertinent.settings import load_settings

    return KeyFile(load_settings().home / KEYS_FILE)
