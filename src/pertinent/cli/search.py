"""``pertinent search``: the two-stage search over a collection."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pertinent.cli.options import (
    Calibration,
    Device,
    Dtype,
    Engine,
    EngineChoice,
    Instruction,
    JsonDocument,
    Rerankers,
)

if TYPE_CHECKING:
    from pertinent.engine.causal_model import EngineOptions
    from pertinent.rerankers.protocol import Scorer
    from pertinent.types import Progress


def search(
    collection: Annotated[str, typer.Argument(help="Name or folder of a collection.")],
    query: Annotated[str, typer.Argument(help="The question.")],
    top_k: Annotated[int | None, typer.Option("--top-k", min=1, help="Hits shown.")] = None,
    candidates: Annotated[
        int | None, typer.Option(min=1, help="Length of the BM25 and of the dense list; default 4 x top-k.")
    ] = None,
    rerank_limit: Annotated[int | None, typer.Option(min=0, help="Candidates reranked at most.")] = None,
    rerank: Annotated[
        Literal["auto", "off", "required"] | None,
        typer.Option(help="auto: where it works; off: never; required: fail where it does not."),
    ] = None,
    no_rerank: Annotated[bool, typer.Option("--no-rerank", help="The same as --rerank off.")] = False,
    deadline_ms: Annotated[
        float | None, typer.Option("--deadline-ms", min=1, help="Answer with what there is by then.")
    ] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter", help="FIELD=VALUE, FIELD=A|B, FIELD>=N, FIELD=LOW..HIGH, FIELD?; repeatable."
        ),
    ] = None,
    floor: Annotated[
        float | None, typer.Option(min=0, max=1, help="Leave out hits with a lower probability.")
    ] = None,
    max_per_document: Annotated[int | None, typer.Option(min=1, help="Passages of one document.")] = None,
    instruction: Instruction = None,
    reranker: Rerankers = None,
    calibration: Calibration = None,
    embedder: Annotated[
        str | None, typer.Option(help="Where the collection's embedder is, if it is not found by itself.")
    ] = None,
    engine: Engine = EngineChoice.AUTO,
    device: Device = "auto",
    dtype: Dtype = "auto",
    export: Annotated[
        Path | None,
        typer.Option(help="Write the hits' documents as citations to FILE.ris or FILE.nbib as well."),
    ] = None,
    json: JsonDocument = False,
) -> None:
    """Find the passages of COLLECTION that answer QUERY."""
    from pertinent.cli.console import errors, one_line, output, print_json
    from pertinent.cli.loading import download_progress, load_model
    from pertinent.cli.options import require_choice
    from pertinent.engine.causal_model import EngineOptions
    from pertinent.errors import PertinentError, UsageError
    from pertinent.families.carried import CARRIED_RERANKER
    from pertinent.ingest.tagged_citations import citation_format
    from pertinent.rerankers.missing import made_or_missing
    from pertinent.search.citing import cited
    from pertinent.search.collection import Collection
    from pertinent.search.embedding import embedder_for
    from pertinent.search.names import existing_path
    from pertinent.settings import load_settings
    from pertinent.store.files import disk_faults, write_atomically

    citations = export and citation_format(export)
    if no_rerank and rerank is not None:
        raise UsageError("--no-rerank and --rerank say the same thing twice.", hint="Give one of them.")
    off = no_rerank or rerank == "off"
    if off and reranker:
        raise UsageError("--no-rerank leaves no work for --reranker.", hint="Give one of them.")
    path = existing_path(collection)
    runs_on = EngineOptions(engine.value, device, dtype)
    with download_progress(json) as download:
        asked = embedder_for(path, embedder, runs_on=runs_on, progress=download)
        make = partial(_reranker, reranker, runs_on, calibration, download)
        names = reranker or [CARRIED_RERANKER]
        judge = make() if rerank == "required" else made_or_missing(make, names)
    opened = Collection.open(collection, embedder=asked, reranker=judge)
    opened.require_local()  # before the embedder is asked for anything
    require_choice(runs_on, asked.model, judge.model)
    load_model(asked, json)
    if not off and (rerank is not None or load_settings().rerank_enabled):
        with suppress(PertinentError):  # the search tells it, and goes on without
            load_model(judge, json)
    with opened:
        result = opened.search(
            query,
            instruction=instruction,
            top_k=top_k,
            candidates=candidates,
            rerank_limit=rerank_limit,
            rerank="off" if off else rerank,
            deadline=None if deadline_ms is None else deadline_ms / 1000,
            filters=filters,
            floor=floor,
            max_per_document=max_per_document,
        )
        if export and citations:
            documents = list(cited(opened.reader(), result.hits))
            with disk_faults("Writing the citations"):
                write_atomically(export, citations.write(documents))
            if not json:
                count = f"{len(documents):,} citation{'' if len(documents) == 1 else 's'}"
                errors().print(one_line(f"Wrote {count} to {export}."), markup=False)
    if json:
        print_json(result.to_dict())
    else:
        from pertinent.cli.render import result_block

        output().print(result_block(result))


def _reranker(
    names: list[str] | None, runs_on: EngineOptions, calibration: str | None, download: Progress
) -> Scorer:
    from pertinent.cli.options import has_no_choice, reranker_of
    from pertinent.rerankers.reranker import Reranker

    named = reranker_of(names)
    if named is None or (isinstance(named, str) and has_no_choice(named)):
        return Reranker(named, calibration=calibration)
    return Reranker(
        named,
        engine=runs_on.engine,
        device=runs_on.device,
        dtype=runs_on.dtype,
        calibration=calibration,
        progress=download,
    )
