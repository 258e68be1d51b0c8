"""``pertinent rerank``: order lines or JSON Lines by how well they answer a query."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pertinent.cli.options import (
    Calibration,
    Device,
    Dtype,
    Engine,
    EngineChoice,
    Family,
    Instruction,
    MaxTokens,
    Prompt,
    Rerankers,
    reranker_of,
)
from pertinent.errors import DataError, RecordError

if TYPE_CHECKING:
    from pertinent.types import Document


LONGEST_LINE = 4 << 20
MOST_DOCUMENTS = 100_000
MOST_BYTES = 1 << 30
_HINT = "Give one document a line: text in UTF-8, or a JSON object with a text."


def rerank(
    query: Annotated[str, typer.Argument(help="The question.")],
    file: Annotated[
        Path, typer.Argument(help="One document a line: text, or JSON objects as for index; - is stdin.")
    ] = Path("-"),
    top_k: Annotated[int | None, typer.Option("--top-k", min=1, help="Keep the best K.")] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="Keep those with at least this probability.")
    ] = None,
    instruction: Instruction = None,
    model: Rerankers = None,
    engine: Engine = EngineChoice.AUTO,
    device: Device = "auto",
    dtype: Dtype = "auto",
    family: Family = None,
    prompt: Prompt = "card",
    max_tokens: MaxTokens = None,
    prune: Annotated[bool, typer.Option("--prune", help="Drop hopeless documents between layers.")] = False,
    check: Annotated[bool, typer.Option("--check/--no-check", help="Try the model on a known pair.")] = True,
    cache: Annotated[
        bool, typer.Option("--cache", help="Keep scores on disk and find them again; no text is kept.")
    ] = False,
    calibration: Calibration = None,
    json_lines: Annotated[bool, typer.Option("--json", help="Print JSON Lines.")] = False,
) -> None:
    """Order documents by how well they answer QUERY."""
    from pertinent.cli.console import errors, print_json, print_line, progress_bar
    from pertinent.cli.loading import download_progress, load_model
    from pertinent.cli.served_line import served_line
    from pertinent.rerankers.reranker import Reranker

    documents = list(read_documents(file))
    with download_progress(json_lines) as progress:
        reranker = Reranker(
            reranker_of(model),
            engine=engine.value,
            device=device,
            dtype=dtype,
            family=family,
            prompt=prompt,
            max_tokens=max_tokens,
            check=check,
            cache=cache,
            calibration=calibration,
            progress=progress,
        )
    load_model(reranker, json_lines)
    with progress_bar(json_lines) as bar:
        task = bar.add_task("Scoring", total=len(documents), detail="")
        ranking = reranker.rank(
            query,
            documents,
            instruction=instruction,
            top_k=top_k,
            threshold=threshold,
            prune="top_k" if prune else None,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if json_lines:
        for item in ranking:
            served = {"served": ranking.served} if ranking.served else {}
            print_json({**item.to_dict(), "instruction": ranking.query.instruction, **served}, lines=True)
    else:
        print_line(str(ranking))
        if line := served_line(ranking.receipts, ranking.failovers):
            errors().print(line, style="dim", markup=False)


def read_documents(file: Path) -> Iterator[str | Document]:
    """Documents of a file or of stdin: JSON objects where a line begins with ``{``, else plain text.

    The fields of an object mean what they mean when it is indexed; metadata that cannot be used is
    left out, because no score depends on it.

    Raises
    ------
    DataError
        If the file cannot be read or holds too much.
    RecordError
        If a line is too long, or begins like JSON and holds no document.
    """
    name = "stdin" if str(file) == "-" else str(file)
    if name == "stdin" and sys.stdin is None:
        raise DataError("stdin is closed.", hint="Give a file, or send documents to stdin.")
    try:
        with open(sys.stdin.fileno(), "rb", closefd=False) if name == "stdin" else file.open("rb") as stream:
            yield from _documents(stream, name)
    except OSError as error:
        raise DataError(
            f"{name} cannot be read ({error.strerror}).", hint="Give a readable file, or - for stdin."
        ) from None


def _documents(stream: io.BufferedIOBase | io.BufferedReader, name: str) -> Iterator[str | Document]:
    count = number = read = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        where = f"line {number}"
        if len(line) > LONGEST_LINE:
            raise RecordError(
                f"longer than {LONGEST_LINE >> 20} MiB", source=name, position=where, hint=_HINT
            )
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            raise RecordError("not UTF-8", source=name, position=where, hint=_HINT) from None
        if not text:
            continue
        count += 1
        read += len(line)
        if count > MOST_DOCUMENTS or read > MOST_BYTES:
            raise DataError(
                f"{name} holds more than {MOST_DOCUMENTS:,} documents or {MOST_BYTES >> 30} GiB.",
                hint="Index them with `pertinent index` and search instead.",
            )
        yield _record(text, name, where) if text.startswith("{") else text


def _record(text: str, name: str, where: str) -> Document:
    from pertinent.ingest.fields import fields_to_document
    from pertinent.ingest.jsonl import parse_object

    faults: list[RecordError] = []
    document = None
    try:
        fields = parse_object(text.encode(), source=name, position=where)
        document = fields_to_document(fields, source=name, position=where, on_broken=faults.append)
    except RecordError as error:
        faults.append(error)
    if document is None:
        raise RecordError(faults[0].reason, source=name, position=where, hint=_HINT)
    return document
