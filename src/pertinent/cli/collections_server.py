"""``pertinent collections push``, ``pull`` and ``link``: collections on a Qdrant server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pertinent.cli.options import Json

if TYPE_CHECKING:
    from pertinent.store.server.connection import ServerAddress
    from pertinent.store.transfer import Transfer
    from pertinent.types import Progress

Name = Annotated[str, typer.Argument(help="Name or folder of the collection here.")]
Url = Annotated[
    str, typer.Option(help="http(s)://HOST[:PORT] of the server; default: the setting qdrant_url.")
]
RemoteName = Annotated[
    str | None, typer.Option("--remote-name", help="Its name on the server; default: the same.")
]


def push(
    name: Name,
    url: Url = "",
    remote_name: RemoteName = None,
    shards: Annotated[int, typer.Option(min=1, max=1024, help="Parts, where it is made there.")] = 1,
    replicas: Annotated[int, typer.Option(min=1, max=64, help="Copies of each part, likewise.")] = 1,
    quantization: Annotated[
        Literal["none", "scalar", "binary"],
        typer.Option(help="Smaller vectors beside the whole ones, likewise."),
    ] = "none",
    json: Json = False,
) -> None:
    """Make a Qdrant server's collection equal to one here; an interrupted push goes on."""
    from pertinent.search.names import existing_path
    from pertinent.store.server.connection import connect, server_address

    path = existing_path(name)
    there = _remote(name, remote_name)
    address = server_address(url)

    def work(progress: Progress) -> Transfer:
        from pertinent.store.server.copies import push as copy
        from pertinent.store.server.layout import ServerLayout

        layout = ServerLayout(shards, replicas, quantization)
        return copy(path, partial(connect, address), there, layout=layout, progress=progress)

    _told("pushed", name, there, address, work, json)


def pull(name: Name, url: Url = "", remote_name: RemoteName = None, json: Json = False) -> None:
    """Make a collection here equal to a Qdrant server's; an interrupted pull goes on."""
    from pertinent.search.names import collection_path
    from pertinent.store.server.connection import connect, server_address

    path = collection_path(name)
    there = _remote(name, remote_name)
    address = server_address(url)

    def work(progress: Progress) -> Transfer:
        from pertinent.store.server.copies import pull as copy

        return copy(partial(connect, address), there, path, progress=progress)

    _told("pulled", name, there, address, work, json)


def link(name: Name, url: Url = "", remote_name: RemoteName = None, json: Json = False) -> None:
    """Give a Qdrant server's collection a name here, to search and index it there."""
    from pertinent.cli.console import one_line, print_json, print_line
    from pertinent.search.names import collection_path
    from pertinent.store import collection as stored
    from pertinent.store.server.connection import server_address

    there = _remote(name, remote_name)
    address = server_address(url)
    _warn(address)
    manifest = stored.link(collection_path(name), address.url, there)
    if json:
        print_json({"linked": name, "remote_name": there, "server": str(address), **manifest.to_dict()})
    else:
        print_line(one_line(f"{name} is {there} on {address}: {manifest.documents:,} documents."))


def _remote(name: str, remote_name: str | None) -> str:
    """What the collection is called on the server."""
    from pertinent.errors import UsageError
    from pertinent.search.names import NAME, collection_path

    there = collection_path(name).name if remote_name is None else remote_name
    if not NAME.fullmatch(there):
        raise UsageError(
            f"{there!r} is no name for a collection on a server.",
            hint="Give --remote-name: letters, digits, dots, dashes and underscores.",
        )
    return there


def _told(
    did: str,
    name: str,
    there: str,
    address: ServerAddress,
    work: Callable[[Progress], Transfer],
    json: bool,
) -> None:
    """Do the work with a bar, and say what came of it."""
    from dataclasses import asdict

    from pertinent.cli.console import one_line, print_json, print_line, resumable
    from pertinent.store.server.connection import require_client

    require_client()
    _warn(address)
    with resumable(), _bar(json) as progress:
        done = work(progress)
    if json:
        result: dict[str, Any] = {did: name, "remote_name": there, "server": str(address), **asdict(done)}
        print_json(result)
    else:
        print_line(
            one_line(
                f"{name} {did} ({there} on {address}): {done.documents:,} documents, {done.passages:,} "
                f"passages; {done.sent:,} documents copied, {done.removed:,} removed. "
                f"Sample queries find {done.agreement:.0%} the same."
            )
        )


def _warn(address: ServerAddress) -> None:
    from pertinent.cli.console import errors, one_line

    if address.in_clear:
        told = f"Key and texts travel in clear to {address}; use https where others share the network."
        errors().print(one_line(told), markup=False, style="yellow")


@contextmanager
def _bar(quiet: bool) -> Iterator[Progress]:
    from pertinent.cli.console import named_progress

    with named_progress(quiet) as report:
        yield lambda done, total: report("Copying", done, total)
