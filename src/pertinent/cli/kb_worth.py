"""``pertinent kb evaluate`` and ``kb draft-questions``: what reranking is worth on one's own files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pertinent.kb.worth import Evaluation

Name = Annotated[str, typer.Argument(help="Name or folder of a knowledge base.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def evaluate(
    name: Name,
    questions: Annotated[
        Path, typer.Argument(metavar="QUESTIONS.jsonl", help="Questions and their answers.")
    ],
    out: Annotated[Path | None, typer.Option(help="Write the JSON to this file as well.")] = None,
    json: Json = False,
) -> None:
    """Measure what reranking is worth on NAME: each question is searched without it and with it.

    Both searches are those of `kb search` and `pertinent mcp`, as configured: docs/settings.md.
    """
    from pertinent.cli.console import named_progress, print_json, resumable
    from pertinent.errors import UsageError
    from pertinent.evaluate.extra import require
    from pertinent.kb.evaluating import evaluate_questions
    from pertinent.kb.models import ConfiguredModels
    from pertinent.kb.pipeline import open_knowledge_base
    from pertinent.kb.questions import read_questions
    from pertinent.kb.settings import load_pipeline_settings

    # What would fail after hours of searching fails before.
    for module in ("ir_measures", "scipy.stats"):
        require(module)
    if out is not None and not out.resolve().parent.is_dir():
        raise UsageError(f"There is no folder for {out}.", hint="Make it, or name another file.")
    if out is not None and out.is_dir():
        raise UsageError(f"{out} is a folder.", hint="Name a file in it.")
    asked = read_questions(questions)
    settings = load_pipeline_settings()
    with resumable(), named_progress(json) as report:
        models = ConfiguredModels(settings, keep_scores=True, progress=report)
        with open_knowledge_base(name, settings, models) as base:
            found = evaluate_questions(base, asked, partial(report, "Asking"))
    _warn(found)
    values = {"name": name, **found.to_dict()}
    if json:
        print_json(values)
    else:
        from pertinent.cli.kb_worth_table import print_worth

        print_worth(name, found)
    if out is not None:
        _write(out, values)


def draft_questions(
    name: Name,
    out: Annotated[Path, typer.Option(help="The file that is made.")] = Path("questions.jsonl"),
    count: Annotated[int, typer.Option(min=1, max=10_000, help="Each from another document.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Another one takes other documents.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    json: Json = False,
) -> None:
    """Make a file of questions from NAME's documents, to be corrected by hand."""
    from pertinent.cli.console import print_json, print_line
    from pertinent.kb.drafting import draft_questions as draft
    from pertinent.kb.questions import write_questions
    from pertinent.search.names import existing_path
    from pertinent.store.collection import open_reader

    with closing(open_reader(existing_path(name))) as store:
        questions = draft(store, count, seed)
    write_questions(out, questions, replace=force)
    kinds = Counter(question.drafted for question in questions)
    if json:
        print_json({"name": name, "file": str(out), "questions": len(questions), "drafted": dict(kinds)})
        return
    made_of = ", ".join(f"{number:,} by {kind}" for kind, number in kinds.most_common())
    print_line(f"{len(questions):,} questions drafted ({made_of}): {out}")
    print_line(
        "Put each in words that somebody would ask it in, add further documents that answer it, and take the "
        f"mark drafted away. Then: pertinent kb evaluate {name} {out}"
    )


def _warn(found: Evaluation) -> None:
    from pertinent.cli.console import errors, one_line

    for told in _warnings(found):
        errors().print(one_line(told), markup=False, style="yellow")


def _warnings(found: Evaluation) -> Iterator[str]:
    for id, marks in found.missing.items():
        yield f"{id}: the collection does not hold {', '.join(marks)}, which counts as not found."
    failed: dict[str, Counter[str]] = {}
    for each, count in found.models.failovers.items():
        failed.setdefault(each.name, Counter())[each.reason] += count
    for member, reasons in failed.items():
        ((reason, _),) = reasons.most_common(1)
        yield f"{member} did not rerank {reasons.total():,} of {len(found.asked):,} questions: {reason}"
    if found.drafted:
        yield (
            f"{found.drafted:,} questions are as they were drafted, in the words of their passages: put "
            "them in other words and take the mark drafted away, or the figures flatter."
        )


def _write(file: Path, values: dict[str, Any]) -> None:
    import json

    from pertinent.store.files import disk_faults, write_atomically

    text = json.dumps(values, indent=1, ensure_ascii=False) + "\n"
    with disk_faults(f"Writing {file}"):
        write_atomically(file, text.encode("utf-8", "backslashreplace"))
