"""``pertinent demo``: the main job on real input, from download to highlighted answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pertinent.cli.options import JsonDocument
from pertinent.errors import CollectionMismatch, CollectionNotFound, FetchError, RecordError

if TYPE_CHECKING:
    from pertinent.ingest.indexer import IndexReport
    from pertinent.search.collection import Collection
    from pertinent.search.result import SearchResult
    from pertinent.types import Document

CITATIONS_PER_FILE = 2500
SHOWN_IN_TABLE = 5
SHOWN_IN_FULL = 2


@dataclass(frozen=True, slots=True)
class DemoQuestion:
    """A question, and what its answers must satisfy."""

    text: str
    filters: tuple[str, ...] = ()


MEDLINE_QUESTIONS = (
    DemoQuestion("Is ixekizumab or guselkumab more effective against plaque psoriasis?"),
    DemoQuestion("Does drinking coffee during pregnancy raise the child's risk of food allergy?"),
    DemoQuestion("How long does molsidomine improve exercise tolerance in angina pectoris?"),
    DemoQuestion("What does smoking do to the heart and blood vessels?", ("year=1976..1980",)),
    DemoQuestion("Do adjunctive steroids help adults with encephalitis?"),
    DemoQuestion("Should large-breasted women lie prone for breast irradiation?"),
)


def demo(
    offline: Annotated[
        bool, typer.Option("--offline", help="Use the sample that travels with Pertinent; no network.")
    ] = False,
    json: JsonDocument = False,
) -> None:
    """Index real MEDLINE citations and answer six medical questions."""
    from pertinent.cli.console import errors, print_json

    collection, questions, offline = _prepare(offline, json)
    with collection:
        answers = []
        for number, question in enumerate(questions, start=1):
            result = collection.search(question.text, filters=question.filters)
            answers.append(result)
            if not json:
                _show(number, question, result)
        described = collection.describe()
    if json:
        report: dict[str, Any] = {
            "offline": offline,
            "documents": described["documents"],
            "passages": described["passages"],
            "answers": [
                {**result.to_dict(), "filters": list(question.filters)}
                for question, result in zip(questions, answers, strict=True)
            ],
        }
        print_json(report)
    else:
        errors().print(f'Ask it yourself: pertinent search {collection.name} "your question"', style="bold")


def _prepare(offline: bool, quiet: bool) -> tuple[Collection, tuple[DemoQuestion, ...], bool]:
    """The finished collection, its questions, and whether it is the sample."""
    from pertinent.cli.console import errors
    from pertinent.ingest.medline_download import medline_files
    from pertinent.settings import load_settings

    if not offline:
        try:
            with errors().status("Fetching MEDLINE citations (once, 57 MB)"):
                files = medline_files(load_settings().cache)
        except FetchError as error:
            notice = f"{error.message} Going on offline, with the sample."
            errors().print(notice, style="yellow", markup=False)
        else:
            documents = chain.from_iterable(citations(file, CITATIONS_PER_FILE) for file in files)
            expected = CITATIONS_PER_FILE * len(files)
            return _filled("demo-medline", documents, expected, quiet), MEDLINE_QUESTIONS, False
    from pertinent.ingest.sample import sample_documents, sample_questions

    sample = sample_documents()
    asked = tuple(DemoQuestion(question.text, question.filters) for question in sample_questions()[:6])
    errors().print(f"Offline: {len(sample)} passages on 12 topics, written for this purpose.", style="yellow")
    return _filled("demo-sample", iter(sample), len(sample), quiet), asked, True


def citations(file: Path, count: int) -> Iterator[Document]:
    """The first citations of a MEDLINE file that have an abstract, each PMID once."""
    from pertinent.ingest.medline import MedlineReader

    def stop(error: RecordError) -> None:
        raise RecordError(
            error.reason,
            source=error.source,
            position=error.position,
            hint="Delete this file and run the demo again; it is fetched anew.",
        )

    seen: set[str] = set()
    for document in MedlineReader().read(file, on_broken=stop):
        if document.text and document.id not in seen:
            seen.add(document.id)
            yield document
            if len(seen) == count:
                return


def _filled(name: str, documents: Iterator[Document], expected: int, quiet: bool) -> Collection:
    """The collection with all documents in it; what is there already is not indexed again."""
    from pertinent.cli.console import errors, progress_bar, resumable
    from pertinent.cli.index import rate, summary
    from pertinent.search.collection import Collection

    collection = Collection(name)
    try:
        finished = collection.reader().manifest.documents >= expected
    except CollectionNotFound:
        finished = False
    except CollectionMismatch:
        # An older Pertinent carried another embedder; the demo's own collection can be made again.
        collection.delete()
        finished = False
    if finished:
        errors().print(f"The collection {name} is ready: {expected:,} documents.")
        return collection
    with resumable(), progress_bar(quiet) as bar:
        task = bar.add_task("Indexing", total=expected, detail="")

        def show(report: IndexReport) -> None:
            bar.update(task, completed=report.read, detail=rate(report))

        report = collection.add(documents, progress=show)
    errors().print(summary(report))
    return collection


def _show(number: int, question: DemoQuestion, result: SearchResult) -> None:
    from rich.rule import Rule
    from rich.text import Text

    from pertinent.cli.console import output
    from pertinent.cli.render import comparison, hit_block, timing_line

    condition = f"   [{', '.join(question.filters)}]" if question.filters else ""
    screen = output()
    screen.print(Rule(Text(f"{number}. {question.text}{condition}", style="bold"), align="left"))
    screen.print(comparison(result.candidates[:SHOWN_IN_TABLE], result.hits[:SHOWN_IN_TABLE]))
    screen.print()
    for hit in result.hits[:SHOWN_IN_FULL]:
        screen.print(hit_block(hit))
    screen.print(Text(timing_line(result), style="dim"))
    screen.print()
