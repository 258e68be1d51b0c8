"""How the worth of reranking looks on a console: the measures, then the questions that changed."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pertinent.cli.console import one_line, output
from pertinent.cli.evaluation_table import caption, plain_table
from pertinent.evaluate.report.wording import (
    NOTHING,
    counted,
    number,
    shortened,
    signed,
    signed_span,
    span,
)
from pertinent.kb.worth import Evaluation, verdict

QUESTION_SHOWN = 70
"""Characters of a question."""

MOST_SHOWN = 40
"""Questions that changed; of more, those in the middle are left out."""


def print_worth(name: str, found: Evaluation) -> None:
    """Print what was found to stdout."""
    output().print(worth_block(name, found))


def worth_block(name: str, found: Evaluation) -> RenderableType:
    """One knowledge base: measures with intervals, and where the first relevant hit moved."""
    hits = counted(found.settings.top_k, "hit", "hits")
    told = f" · {counted(len(found.asked), 'question', 'questions')}, {hits} each"
    heading = Text.assemble((one_line(name), "bold"), (told, "dim"))
    tables = (Padding(each, (1, 0, 0, 0)) for each in _tables(found))
    differences = {metric: gain.difference_interval for metric, gain in found.gains.items()}
    conclusion = Text(verdict(differences, len(found.asked)))
    return Group(heading, Text(_models(found)), conclusion, *tables, Text(""))


def _models(found: Evaluation) -> str:
    """Who searched; where several rerankers did, how many questions each."""
    rerankers = found.models.rerankers
    shares = (
        one_line(name) if len(rerankers) == 1 else f"{one_line(name)} ({each['questions']:,})"
        for name, each in rerankers.items()
    )
    return f"Found by {one_line(found.models.embedder['name'])} and words, reranked by {', '.join(shares)}."


def _tables(found: Evaluation) -> list[RenderableType]:
    changed = _changes(found)
    unchanged = "The first relevant hit has the same rank for every question."
    return [_measures(found), changed if changed.row_count else Text(unchanged)]


def _measures(found: Evaluation) -> Table:
    table = plain_table("measure", ("without", "reranked", "difference", "+/−/=", "at most"))
    for metric, gain in found.gains.items():
        table.add_row(
            Text(metric, style="bold"),
            _figure(number(gain.without), span(gain.without_interval)),
            _figure(number(gain.reranked), span(gain.reranked_interval)),
            _figure(signed(gain.difference), signed_span(gain.difference_interval)),
            f"{gain.better:,}/{gain.worse:,}/{gain.equal:,}",
            number(gain.most),
        )
    table.caption = caption(
        "Means with 95 % bootstrap intervals; +/−/=: questions that are better, worse and equal. Counted "
        f"are hits, of one document {found.settings.max_per_file} at most; at most: the best such list."
        + _told_of_threshold(found)
    )
    return table


def _told_of_threshold(found: Evaluation) -> str:
    threshold = found.settings.rerank_threshold
    return "" if threshold is None else f" Reranked hits below the threshold of {threshold:g} are left out."


def _figure(mean: str, interval: str) -> Text:
    return Text.assemble((mean, "bold"), (f"\n{interval}", "dim"))


def _changes(found: Evaluation) -> Table:
    table = plain_table("question", ("without", "reranked"))
    none = found.settings.top_k + 1
    changed = sorted(
        (each for each in found.asked if each.without != each.reranked),
        key=lambda each: (each.reranked or none) - (each.without or none),
    )
    left_out = max(0, len(changed) - MOST_SHOWN)
    for each in (*changed[: MOST_SHOWN // 2], *changed[MOST_SHOWN // 2 + left_out :]):
        asked = shortened(one_line(f"{each.id}: {each.question}"), QUESTION_SHOWN)
        table.add_row(Text(asked), *(str(rank or NOTHING) for rank in (each.without, each.reranked)))
    table.caption = caption(
        f"Rank of the first relevant hit where it changed; {NOTHING} is none among {none - 1}. "
        f"Unchanged: {len(found.asked) - len(changed):,}."
        + (f" Not shown: {left_out:,} that changed less; --json has all." if left_out else "")
    )
    return table
