"""``pertinent index``: bring files and folders into a collection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pertinent.cli.options import Device, Dtype, Engine, EngineChoice, Json

if TYPE_CHECKING:
    from pertinent.ingest.indexer import IndexReport


def index(
    collection: Annotated[str, typer.Argument(help="Name or folder of a collection; made when new.")],
    paths: Annotated[list[Path], typer.Argument(help="Files and folders.")],
    format: Annotated[
        str | None,
        typer.Option(help="markdown, html, pdf, text, jsonl, beir, csv or medline; else by content."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Threads that cut documents.")] = 1,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first broken record.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Remove what the paths no longer hold.")] = False,
    language: Annotated[
        str | None,
        typer.Option(help="Stop words and stemming of a new collection; none for neither."),
    ] = None,
    embedder: Annotated[
        str | None,
        typer.Option(
            help="A model's folder or Hugging Face name, for a new collection; else the carried one."
        ),
    ] = None,
    dimensions: Annotated[int | None, typer.Option(min=1, help="Width of its vectors; else all.")] = None,
    query_instruction: Annotated[
        str | None,
        typer.Option(help="What queries will ask for, in words or a ready one's name; '' for nothing."),
    ] = None,
    local_only: Annotated[
        bool,
        typer.Option("--local-only", help="No text of the collection ever goes to a service; for good."),
    ] = False,
    engine: Engine = EngineChoice.AUTO,
    device: Device = "auto",
    dtype: Dtype = "auto",
    json: Json = False,
) -> None:
    """Bring PATHS into COLLECTION. Run it again to bring in what changed; an interrupted run goes on."""
    from pertinent.cli.console import errors, one_line, print_json, print_line, progress_bar, resumable
    from pertinent.cli.loading import download_progress, load_model
    from pertinent.cli.options import require_choice
    from pertinent.engine.causal_model import EngineOptions
    from pertinent.search.collection import Collection
    from pertinent.search.embedding import embedder_for
    from pertinent.search.names import collection_path

    runs_on = EngineOptions(engine.value, device, dtype)
    with download_progress(json) as download:
        chosen = embedder_for(
            collection_path(collection),
            embedder,
            dimensions=dimensions,
            query_instruction=query_instruction,
            runs_on=runs_on,
            progress=download,
        )
    opened = Collection(collection, language=language, embedder=chosen, local_only=local_only)
    opened.require_local()  # before the embedder is asked for anything
    require_choice(runs_on, chosen.model)
    load_model(chosen, json)
    with resumable(), opened, progress_bar(json) as bar:
        task = bar.add_task("Indexing", total=None, detail="")

        def show(report: IndexReport) -> None:
            bar.update(task, completed=report.read, detail=rate(report))

        report = opened.index(
            paths, format=format, workers=workers, strict=strict, prune=prune, progress=show
        )
    for fault in report.faults:
        errors().print(f"Skipped: {one_line(fault)}", markup=False, style="yellow")
    if report.broken > len(report.faults):
        errors().print(f"... and {report.broken - len(report.faults)} more.", style="yellow")
    if report.lost:
        errors().print(
            f"A power cut had taken {report.lost:,} documents; those under the given paths are back.",
            style="yellow",
        )
    if json:
        print_json(report.to_dict())
    else:
        print_line(summary(report))
    if report.broken and not (report.added or report.changed or report.unchanged):
        raise typer.Exit(1)


def rate(report: IndexReport) -> str:
    """Documents read so far and their pace."""
    pace = report.read / report.seconds if report.seconds else 0.0
    return f"{report.read:,} documents, {pace:,.0f}/s"


def summary(report: IndexReport) -> str:
    """One line on a finished run."""
    return (
        f"{report.read:,} documents read in {report.seconds:.1f} s: {report.added:,} added, "
        f"{report.changed:,} changed, {report.unchanged:,} unchanged, {report.removed:,} removed, "
        f"{report.broken:,} broken; {report.passages:,} passages embedded."
        + (f" {report.repeated:,} ids came more than once; the last one stays." if report.repeated else "")
    )
