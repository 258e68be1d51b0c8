"""``pertinent providers``: which services there are, which keys are set, and whether they answer."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from pertinent.cli.options import Json

if TYPE_CHECKING:
    from pertinent.providers.configured import Configured

LEAST_MARGIN = 0.5
LEAST_COSINE = 0.02
"""By how much the answer has to lead the other text."""

Kind: TypeAlias = Literal["reranker", "embedder"]

app = typer.Typer(name="providers", help="List services that rerank and embed, or try them.")


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one model.

    Parameters
    ----------
    name : str
        ``PROVIDER:MODEL``, or an address.
    kind : {"reranker", "embedder"}
        What it was asked as.
    passed : bool
        Whether the answer led the other text clearly.
    told : str
        By how much, or what went wrong.
    hint : str
        What to do then; empty where it passed.
    seconds : float
        How long it took.
    cost : float | None
        US dollars, where known.
    """

    name: str
    kind: Kind
    passed: bool
    told: str
    hint: str
    seconds: float
    cost: float | None


@app.command(name="list")
def list_providers(json: Json = False) -> None:
    """List the services that can be named, and whether their keys are set."""
    from rich.table import Table

    from pertinent.cli.console import one_line, output, print_json
    from pertinent.providers.configured import configure, provider_names

    rows = [_row(configure(name)) for name in provider_names()]
    if json:
        print_json(rows)
        return
    table = Table(show_edge=False, pad_edge=False)
    for heading in ("provider", "dialect", "address", "key", "set", "reranker", "embedder"):
        table.add_column(heading)
    for row in rows:
        key_set = "yes" if row["key_set"] else "no"
        shown = (row["key_variable"], key_set if row["key_variable"] else "not needed")
        cells = (row["name"], row["dialect"], row["address"], *shown, row["reranker"], row["embedder"])
        table.add_row(*(one_line(cell) or "–" for cell in cells))
    output().print(table)


@app.command()
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="PROVIDER, PROVIDER:MODEL or an address; else all with a section and a model."),
    ] = None,
    kind: Annotated[
        Kind | None,
        typer.Option(help="What a MODEL or an address is; else what its name tells."),
    ] = None,
    json: Json = False,
) -> None:
    """Send each service a question with an answer and another text, which must come out apart."""
    from pertinent.cli.console import print_json, print_line
    from pertinent.errors import UsageError

    wanted = [pair for name in names for pair in _named(name, kind)] if names else _configured()
    if not wanted:
        raise UsageError(
            "No provider is configured with a model.",
            hint="Set reranker or embedder under [providers.NAME] in pertinent.toml, or give PROVIDER:MODEL.",
        )
    found = [_check(name, as_kind) for name, as_kind in wanted]
    if json:
        print_json([asdict(one) for one in found])
    else:
        for one in found:
            cost = "" if one.cost is None else f", ${one.cost:.6f}"
            said = "passed" if one.passed else "FAILED"
            print_line(f"{said}  {one.name} ({one.kind}, {one.seconds:.2f} s{cost}): {one.told}")
            if one.hint:
                print_line(f"        {one.hint}")
    if not all(one.passed for one in found):
        raise typer.Exit(1)


def _row(provider: Configured) -> dict[str, Any]:
    from pertinent.providers.configured import has_key

    settings = provider.settings
    return {
        "name": provider.name,
        "dialect": provider.dialect.name,
        "address": provider.address,
        "key_variable": provider.key_variable,
        "key_set": has_key(provider),
        "reranker": settings.reranker,
        "embedder": settings.embedder,
        "prices": {**provider.dialect.prices, **settings.prices},
        "spend_cap": settings.spend_cap,
    }


def _configured() -> list[tuple[str, Kind]]:
    from pertinent.settings import load_settings

    return [pair for name in sorted(load_settings().providers) for pair in _models_of(name)]


def _models_of(name: str) -> list[tuple[str, Kind]]:
    """The models of a section, each with its kind."""
    from pertinent.providers.configured import configure

    settings = configure(name).settings
    models: list[tuple[str, Kind]] = []
    if settings.reranker:
        models.append((f"{name}:{settings.reranker}", "reranker"))
    if settings.embedder:
        models.append((f"{name}:{settings.embedder}", "embedder"))
    return models


def _named(name: str, kind: Kind | None) -> list[tuple[str, Kind]]:
    from pertinent.errors import UsageError
    from pertinent.providers.configured import provider_names

    if name in provider_names():
        if models := [pair for pair in _models_of(name) if kind in (None, pair[1])]:
            return models
        raise UsageError(
            f"{name} has no model to try.",
            hint=f"Give {name}:MODEL, or set reranker or embedder under [providers.{name}].",
        )
    return [(name, kind or ("embedder" if "embed" in name.casefold() else "reranker"))]


def _check(name: str, kind: Kind) -> Checked:
    from pertinent.errors import PertinentError
    from pertinent.providers.account import accounting
    from pertinent.types.served import total_cost

    begun = time.monotonic()
    with accounting() as account:
        try:
            passed, told = _rerank(name) if kind == "reranker" else _embed(name)
            hint = "" if passed else "The model does not do what it should: name another model or dialect."
        except PertinentError as error:
            passed, told, hint = False, error.message, error.hint
    return Checked(name, kind, passed, told, hint, time.monotonic() - begun, total_cost(account.receipts))


def _rerank(name: str) -> tuple[bool, str]:
    from pertinent.families.qwen3_embedding import CANARY
    from pertinent.rerankers.reranker import Reranker

    query, answer, other = CANARY
    good, poor = Reranker(_remote(name)).score(query, [answer, other])
    told = f"margin {good.margin:+.2f} for the answer, {poor.margin:+.2f} for the other text"
    return good.margin - poor.margin >= LEAST_MARGIN, told


def _embed(name: str) -> tuple[bool, str]:
    from pertinent.embedders.embedder import Embedder
    from pertinent.families.qwen3_embedding import CANARY

    query, answer, other = CANARY
    embedder = Embedder(_remote(name))
    vectors = embedder.embed_documents([answer, other]) @ embedder.embed_queries([query])[0]
    good, poor = map(float, vectors)
    return good - poor >= LEAST_COSINE, f"cosine {good:.3f} for the answer, {poor:.3f} for the other text"


def _remote(name: str) -> str:
    from pertinent.errors import UsageError
    from pertinent.providers.remote_name import remote_name

    if remote_name(name) is None:
        raise UsageError(f"{name} is no model at a service.", hint="Give PROVIDER:MODEL or an address.")
    return name
