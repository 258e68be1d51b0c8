"""The results page on knowledge bases: what reranking is worth there, and the same in a sentence."""

from __future__ import annotations

from typing import Any

from page_parts import load, measured, table
from pertinent.evaluate.report.wording import number, signed, signed_span, span
from pertinent.kb.worth import verdict

TITLE = "What reranking is worth on a knowledge base"
NAME = "kb_worth"
COMMAND = f'make bench ARGS="{NAME}"'
KINDS = {".md": "Markdown", ".rst": "reStructuredText", ".pdf": "PDF", ".html": "HTML"}


def worth() -> str:
    result = load(NAME)
    rows = [
        [
            metric,
            f"{number(gain['without'])} ({span(gain['without_interval'])})",
            f"{number(gain['reranked'])} ({span(gain['reranked_interval'])})",
            f"{signed(gain['difference'])} ({signed_span(gain['difference_interval'])})",
            f"{gain['better']} / {gain['worse']} / {gain['equal']}",
            number(gain["most"]),
        ]
        for metric, gain in result["measures"].items()
    ]
    heads = ["measure", "without reranking", "reranked", "difference", "better / worse / equal", "at most"]
    return "\n\n".join(
        [
            f"A knowledge base of {_documents(result)}: the documentation in {result['packages']} installed "
            "packages, and PDFs of papers, a report and a trial's protocol. As `pertinent kb evaluate` asks "
            f"them, {result['questions']} questions that were written by hand from reading the files, before "
            f"any was searched; {result['relevant_files']} documents answer them. {_models(result)}",
            table(heads, rows),
            "In brackets: 95 % bootstrap intervals. A hit is relevant if it is a passage of a document that "
            f"the question names; a search shows {result['pipeline']['max_per_file']} of one at most, and at "
            "most is what the best such list would have. What answers and is not named counts as wrong. "
            f"{_moved(result)} {_verdict(result)}",
        ]
    )


def sentence() -> str:
    """What was found, for the page on knowledge bases."""
    result = load(NAME)
    figures = "; ".join(
        f"{metric} {number(gain['without'])} without reranking and {number(gain['reranked'])} with it "
        f"(difference {signed_span(gain['difference_interval'])})"
        for metric, gain in result["measures"].items()
    )
    return (
        f"Measured on {_documents(result)} with {result['questions']} questions (`{COMMAND}`): {figures}. "
        f"{_models(result)} {_verdict(result)} [All figures](results.md#{TITLE.lower().replace(' ', '-')})."
    )


def _documents(result: dict[str, Any]) -> str:
    kinds = ", ".join(f"{count} {KINDS[ending]}" for ending, count in result["kinds"].items())
    return f"{result['documents']} documents ({kinds}; {result['passages']:,} passages)"


def _models(result: dict[str, Any]) -> str:
    models = result["models"]
    rerankers = " and ".join(f"`{each['name']}`" for each in models["rerankers"])
    return f"Found by `{models['embedder']['name']}` and words, reranked by {rerankers}."


def _moved(result: dict[str, Any]) -> str:
    none = result["pipeline"]["top_k"] + 1
    moves = [(each["reranked"] or none) - (each["without"] or none) for each in result["asked"]]
    earlier, later = sum(move < 0 for move in moves), sum(move > 0 for move in moves)
    return (
        f"The first relevant hit came earlier for {earlier} questions, later for {later}, and stayed for "
        f"{len(moves) - earlier - later}."
    )


def _verdict(result: dict[str, Any]) -> str:
    intervals = {metric: gain["difference_interval"] for metric, gain in result["measures"].items()}
    return verdict(intervals, result["questions"])


def sections() -> dict[str, tuple[str, str]]:
    """Title -> (command, text), where it was measured."""
    return {TITLE: (COMMAND, worth())} if measured(NAME) else {}
