"""``pertinent rerank``: order lines or JSON Lines by how well they answer a query."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from pertinent.errors import DataError, RecordError

LONGEST_LINE = 4 << 20
MOST_DOCUMENTS = 100_000
MOST_BYTES = 1 << 30


def rerank(
    query: Annotated[str, typer.Argument(help="The question.")],
    file: Annotated[
        Path, typer.Argument(help="One document a line: text, or JSON objects with a text field; - is stdin.")
    ] = Path("-"),
    top_k: Annotated[int | None, typer.Option("--top-k", min=1, help="Keep the best K.")] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="Keep those with at least this probability.")
    ] = None,
    instruction: Annotated[str | None, typer.Option(help="What counts as an answer.")] = None,
    model: Annotated[str | None, typer.Option(help="A model's name or folder; else the carried one.")] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="Print JSON Lines.")] = False,
) -> None:
    """Order documents by how well they answer QUERY."""
    from pertinent.cli.console import output, print_json, progress_bar
    from pertinent.rerankers.reranker import Reranker

    documents = list(read_documents(file))
    reranker = Reranker(model)
    with progress_bar(json_lines) as bar:
        task = bar.add_task("Scoring", total=len(documents), detail="")
        ranking = reranker.rank(
            query,
            documents,
            instruction=instruction,
            top_k=top_k,
            threshold=threshold,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if json_lines:
        for item in ranking:
            print_json(item.to_dict(), lines=True)
    else:
        output().print(str(ranking), markup=False)


def read_documents(file: Path) -> Iterator[str | dict[str, Any]]:
    """Documents of a file or of stdin: JSON objects where a line begins with ``{``, else plain text.

    Raises
    ------
    DataError
        If the file cannot be read or holds too much.
    RecordError
        If a line is too long, or begins like JSON and is none.
    """
    name = "stdin" if str(file) == "-" else str(file)
    try:
        with open(sys.stdin.fileno(), "rb", closefd=False) if name == "stdin" else file.open("rb") as stream:
            yield from _documents(stream, name)
    except OSError as error:
        raise DataError(
            f"{name} cannot be read ({error.strerror}).", hint="Give a readable file, or - for stdin."
        ) from None


def _documents(stream: io.BufferedIOBase | io.BufferedReader, name: str) -> Iterator[str | dict[str, Any]]:
    count = number = read = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        where = f"line {number}"
        if len(line) > LONGEST_LINE:
            raise RecordError(f"longer than {LONGEST_LINE >> 20} MiB", source=name, position=where)
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            raise RecordError("not UTF-8", source=name, position=where) from None
        if not text:
            continue
        count += 1
        read += len(line)
        if count > MOST_DOCUMENTS or read > MOST_BYTES:
            raise DataError(
                f"{name} holds more than {MOST_DOCUMENTS:,} documents or {MOST_BYTES >> 30} GiB.",
                hint="Index them with `pertinent index` and search instead.",
            )
        yield _parsed(text, name, where) if text.startswith("{") else text


def _parsed(text: str, name: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise RecordError("begins with { but is not JSON", source=name, position=where) from None
    return dict(value)
