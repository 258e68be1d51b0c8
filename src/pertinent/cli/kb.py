"""``pertinent kb``: knowledge bases, which are collections that follow folders of files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pertinent.errors import PertinentError
    from pertinent.kb.knowledge_base import KnowledgeBase
    from pertinent.kb.updating import UpdateReport

app = typer.Typer(
    name="kb", help="Knowledge bases: collections that follow folders of files.", no_args_is_help=True
)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Name or folder of a collection; made when new.")],
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A folder; without it, those named before.")
    ] = None,
    include: Annotated[
        list[str] | None,
        typer.Option(help="Only such files: *.md, docs/**; repeatable, and kept for later updates."),
    ] = None,
    local_only: Annotated[
        bool,
        typer.Option("--local-only", help="No text of it ever goes to a service; for good."),
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and follow every change until Ctrl-C.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON; with --watch a line for each update.")
    ] = False,
) -> None:
    """Bring the files of DIR into NAME, and its changes whenever it is run again."""
    from pertinent.cli.console import resumable
    from pertinent.cli.loading import download_progress, load_model
    from pertinent.errors import UsageError
    from pertinent.kb.knowledge_base import KnowledgeBase
    from pertinent.search.collection import Collection
    from pertinent.search.embedding import embedder_for
    from pertinent.search.names import collection_path, existing_path

    if folder is None and include is not None:
        raise UsageError("--include is for a folder, and none was named.", hint="Give DIR before it.")
    path = existing_path(name) if folder is None else collection_path(name)
    with download_progress(json) as download:
        embedder = embedder_for(path, progress=download)
    collection = Collection(name, embedder=embedder, local_only=local_only)
    collection.require_local()  # before the embedder is asked for anything
    base = KnowledgeBase(collection)
    if folder is None and not base.folders():
        raise UsageError(f"{name} follows no folder yet.", hint=f"Name one: pertinent kb add {name} DIR")
    load_model(embedder, json)
    with resumable(), collection:
        if folder is not None:
            base.add(folder, include)
        if watch:
            _watch(base, json)
        else:
            _tell(report := _update(base, json), json)
            if report.broken and not collection.describe()["documents"]:
                raise typer.Exit(1)


@app.command()
def search(
    name: Annotated[str, typer.Argument(help="Name or folder of a collection.")],
    query: Annotated[str, typer.Argument(help="The question.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Find the passages of NAME that answer QUERY, by the pipeline of `pertinent mcp`: docs/settings.md."""
    from pertinent.cli.console import named_progress, output, print_json
    from pertinent.kb.models import ConfiguredModels
    from pertinent.kb.pipeline import open_knowledge_base
    from pertinent.kb.settings import load_pipeline_settings

    settings = load_pipeline_settings()
    with named_progress(json) as report:
        models = ConfiguredModels(settings, progress=report)
        with open_knowledge_base(name, settings, models) as base:
            base.load()
            result = base.search(query)
    if json:
        print_json(result.to_dict())
    else:
        from pertinent.cli.render import result_block

        output().print(result_block(result))


@app.command("list")
def list_bases(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show the knowledge bases and the folders that they follow."""
    from pertinent.cli.console import one_line, print_json, print_line
    from pertinent.kb.knowledge_base import knowledge_bases

    bases = [_described(base) for base in knowledge_bases()]
    if json:
        print_json(bases)
        return
    for base in bases:
        if "fault" in base:
            print_line(one_line(f"{base['name']:20} {base['fault']}"), style="red")
        for folder in base["folders"]:
            wanted = " ".join(folder["include"]) or "all files"
            told = f"{base['name']:20} {folder['path']}  ({wanted}; ids {folder['prefix']}PATH)"
            print_line(one_line(told))
    if not bases:
        print_line("No knowledge bases yet. Make one: pertinent kb add NAME DIR")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The knowledge base.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="One of its folders; the files stay.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Forget DIR and remove its documents from NAME. `pertinent collections NAME --delete` removes all."""
    from pertinent.cli.console import print_json, print_line
    from pertinent.kb.knowledge_base import KnowledgeBase
    from pertinent.search.collection import Collection

    with Collection.open(name) as collection:
        removed = KnowledgeBase(collection).remove(folder)
    if json:
        print_json({"name": name, "folder": str(folder), "removed": removed})
    else:
        print_line(f"{_count(removed, 'document')} removed.")


def _described(base: KnowledgeBase) -> dict[str, Any]:
    """What a knowledge base follows, or why that cannot be told."""
    from pertinent.errors import PertinentError

    told: dict[str, Any] = {"name": base.collection.name, "path": str(base.collection.path), "folders": []}
    try:
        told["folders"] = [
            {"path": str(folder.path), "prefix": folder.prefix, "include": list(folder.include)}
            for folder in base.folders()
        ]
    except PertinentError as error:
        told["fault"] = str(error)
    return told


def _update(base: KnowledgeBase, json: bool) -> UpdateReport:
    from pertinent.cli.console import progress_bar

    with progress_bar(json) as bar:
        task = bar.add_task("Indexing", total=None, detail="")

        def show(report: UpdateReport) -> None:
            files = f"{report.files_read:,} of {_count(report.to_read, 'file')}"
            detail = f"{files}, {_count(report.passages, 'passage')}"
            bar.update(task, completed=report.files_read, total=report.to_read, detail=detail)

        return base.update(progress=show)


def _tell(report: UpdateReport, json: bool) -> None:
    from pertinent.cli.console import errors, one_line, print_json, print_line

    for fault in report.faults:
        errors().print(f"Passed over: {one_line(fault)}", markup=False, style="yellow")
    if report.broken > len(report.faults):
        errors().print(f"... and {report.broken - len(report.faults)} more.", style="yellow")
    if report.unknown:
        most = sorted(report.unknown.items(), key=lambda item: (-item[1], item[0]))[:8]
        kinds = ", ".join(f"{ending} {count:,}" for ending, count in most)
        told = f"{_count(sum(report.unknown.values()), 'file')} of kinds that no reader knows: {kinds}."
        errors().print(one_line(told), markup=False, style="yellow")
    if json:
        print_json(report.to_dict())
    else:
        print_line(summary(report))


def summary(report: UpdateReport) -> str:
    """One line on a finished update."""
    return (
        f"{_count(report.files, 'file')}, {report.to_read:,} new or changed: "
        f"{_count(report.added, 'document')} added, {report.changed:,} changed, {report.removed:,} removed, "
        f"{_count(report.broken, 'fault')}; {_count(report.passages, 'passage')} embedded "
        f"in {report.seconds:.1f} s."
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _watch(base: KnowledgeBase, json: bool) -> None:
    import signal

    from pertinent.cli.console import errors, one_line, print_json
    from pertinent.kb.watching import Watcher

    def told(report: UpdateReport) -> None:
        if json:
            print_json(report.to_dict(), lines=True)
            sys.stdout.flush()
        else:
            _tell(report, json)

    def fault(error: PertinentError) -> None:
        errors().print(one_line(f"{error} Trying again."), markup=False, style="yellow")

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    errors().print(f"Following {_count(len(base.folders()), 'folder')}; Ctrl-C ends it.", style="dim")
    try:
        Watcher(base, on_update=told, on_fault=fault).run()
    except KeyboardInterrupt:
        errors().print("Ended. The collection is as it was last told.", style="dim")
