"""How hits look to a person: one block each, the matching sentence highlighted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pertinent.cli.console import one_line
from pertinent.cli.served_line import served_line
from pertinent.ingest.naming import file_id
from pertinent.search.result import SearchResult
from pertinent.types import Candidate, Hit, Passage, printable

_WRAPPED = re.compile(r"(?<![.!?:\n])\n(?!\s*\n)")
"""A line break inside a sentence, left by whoever wrapped the text; a space shows it as well."""

SHOWN = 420
"""Characters of a passage that are shown around its best sentence."""


def citation(passage: Passage) -> str:
    """Where a passage comes from, in a line: PMID or file, journal, year, headings, lines or pages."""
    known = passage.metadata
    parts = [f"PMID {known['pmid']}" if "pmid" in known else _file(passage) or passage.document_id]
    parts += [str(known[name]) for name in ("journal", "year") if name in known]
    parts += [" > ".join(passage.headings)] if passage.headings else []
    parts += [str(passage.place)] if passage.place else []
    return one_line(" · ".join(parts))


def _file(passage: Passage) -> str:
    """A passage's file as seen from here; empty where its document is only a part of the file."""
    path, here = Path(passage.source), Path.cwd()
    if passage.document_id != file_id(path):
        return ""
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def heading(passage: Passage) -> str:
    """Title of a passage's document, or its id where it has none."""
    return one_line(passage.title or passage.document_id)


def excerpt(hit: Hit, width: int = SHOWN) -> Text:
    """The passage around its best sentence, which is highlighted: in colour, and by marks without it."""
    text = _WRAPPED.sub(" ", printable(hit.passage.text))
    start, end = hit.best_sentence or (0, 0)
    margin = max(0, width - (end - start)) // 2
    first, last = max(0, start - margin), min(len(text), end + margin)
    first = max(0, min(first, last - width))
    last = min(len(text), max(last, first + width))
    shown = Text("…" if first else "")
    shown.append(text[first:start] if start > first else "")
    if end > start:
        shown.append(f"»{text[start:end]}«", style="bold yellow")
    shown.append(text[max(end, first) : last])
    shown.append("…" if last < len(text) else "")
    return shown


def evidence(hit: Hit) -> str:
    """Scores of a hit and its places in the first-stage lists."""
    score = hit.score
    judged = f"margin {score.margin:+.2f}, p {score.probability:.3f}" if score else "not reranked"
    places = ", ".join(
        f"{name} {rank}" if rank else f"{name} –"
        for name, rank in (
            ("rrf", hit.candidate.rank),
            ("dense", hit.candidate.dense_rank),
            ("bm25", hit.candidate.bm25_rank),
        )
    )
    return f"final {hit.final:.3f} ({judged}) · first stage: {places}"


def hit_block(hit: Hit) -> RenderableType:
    """One hit."""
    title = Text(heading(hit.passage), style="bold")
    return Group(
        Text.assemble((f"{hit.rank:>2}. ", "bold cyan"), title),
        Padding(
            Group(Text(citation(hit.passage), style="green"), excerpt(hit), Text(evidence(hit), style="dim")),
            (0, 0, 1, 4),
        ),
    )


def result_block(result: SearchResult) -> RenderableType:
    """All hits, what went wrong if anything did, and where the time went."""
    blocks: list[RenderableType] = [hit_block(hit) for hit in result.hits]
    if not result.hits:
        blocks.append(Text(f"Nothing found. {result.reason}".strip()))
    elif result.reranked is not True:
        kind = "in part" if result.reranked == "partial" else "not"
        blocks.append(Text(f"Reranked {kind}: {result.reason}", style="yellow"))
    if line := served_line(result.receipts, result.failovers):
        blocks.append(Text(line, style="dim"))
    blocks.append(Text(timing_line(result), style="dim"))
    return Group(*blocks)


def timing_line(result: SearchResult) -> str:
    """Milliseconds of each stage."""
    stages = ((name.removesuffix("_ms").replace("_", " "), value) for name, value in result.timings.items())
    return " · ".join(f"{name} {value:.0f} ms" for name, value in stages)


def comparison(first: Iterable[Candidate], hits: Iterable[Hit]) -> Table:
    """First-stage order beside the final order."""
    table = Table(show_edge=False, pad_edge=False, expand=True)
    table.add_column("#", justify="right", style="dim")
    table.add_column("first stage (RRF of dense and BM25)", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("after reranking", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("final", justify="right")
    table.add_column("p", justify="right")
    table.add_column("was", justify="right")
    for candidate, hit in zip(first, hits, strict=False):
        place = hit.candidate.rank
        moved = "green" if place > hit.rank else "red" if place < hit.rank else "dim"
        table.add_row(
            str(hit.rank),
            Text(heading(candidate.passage)),
            Text(heading(hit.passage)),
            f"{hit.final:.3f}",
            f"{hit.score.probability:.3f}" if hit.score else "–",
            f"[{moved}]{place}[/]",
        )
    return table
