"""How an evaluation looks on a console: quality, differences, time and groups, a table each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pertinent.cli.console import one_line, output
from pertinent.evaluate.report.findings import best_stages, card_line, effort_columns, finding
from pertinent.evaluate.report.wording import (
    ALPHA,
    KINDS,
    MARK,
    counted,
    is_significant,
    number,
    probability,
    shortened,
    signed,
    signed_span,
    span,
)
from pertinent.evaluate.result import TaskResult

STAGE_SHOWN = 28
"""Characters of a stage's name, where that tells stages apart; the start and the end of a longer one stay."""

FIGURE = 13
"""Columns that a mean with its interval takes, with the space before it."""


def print_evaluation(results: Sequence[TaskResult]) -> None:
    """Print results to stdout, in the console's width."""
    for result in results:
        output().print(evaluation_block(result, output().width))


def evaluation_block(result: TaskResult, width: int) -> RenderableType:
    """One set: what was measured, its tables, and a line of what repeats it.

    Parameters
    ----------
    result : TaskResult
        What was found.
    width : int
        Columns there are; metrics that do not fit stand in another table below.
    """
    heading = f"{result.dataset} ({result.split})"
    about = f"{KINDS[result.kind]}, {counted(len(result.queries), 'query', 'queries')}"
    blocks: list[RenderableType] = [
        Text.assemble((one_line(heading), "bold"), (one_line(f" · {about}"), "dim")),
        Text(one_line(finding(result))),
        *_spaced(_quality(result, width)),
        *_spaced(_differences(result)),
        *_spaced(_efforts(result)),
        *_spaced(_groups(result, width)),
    ]
    if line := card_line(result.card):
        blocks.append(Text(f"\n{line}", style="dim"))
    return Group(*blocks, Text(""))


def _spaced(tables: Iterable[RenderableType]) -> Iterator[RenderableType]:
    for table in tables:
        yield Padding(table, (1, 0, 0, 0), expand=False)


def _quality(result: TaskResult, width: int) -> Iterator[Table]:
    """Means, above their intervals where there is more than one query."""
    several = len(result.queries) > 1
    named = _namer(result)
    for metrics in _fitting(result, result.metrics, width):
        table = plain_table("stage", metrics)
        best = {metric: best_stages(result, metric) for metric in metrics}
        for name, stage in result.stages.items():
            cells = (
                Text.assemble(
                    (number(stage.means[metric]), "bold" if name in best[metric] else ""),
                    (f"\n{span(stage.intervals[metric])}" if several else "", "dim"),
                )
                for metric in metrics
            )
            head = named(name)
            table.add_row(head.append("\nbaseline", "dim") if name == result.baseline else head, *cells)
        told = "Means with 95 % bootstrap intervals" if several else "Values of the one query"
        table.caption = caption(f"{told}; the best in bold.")
        yield table


def _differences(result: TaskResult) -> Iterator[Table]:
    if not result.comparisons:
        return
    named = _namer(result)
    table = plain_table("stage", ("difference", "95 % interval", "+/−/=", "p"))
    for metric in result.metrics:
        table.add_row(Text(metric, style="bold"))
        for each in (each for each in result.comparisons if each.metric == metric):
            sure = is_significant(each)
            table.add_row(
                named(each.stage),
                Text(f"{signed(each.difference)}{MARK if sure else ' '}", style="bold" if sure else ""),
                signed_span(each.interval),
                f"{each.wins:,}/{each.losses:,}/{each.ties:,}",
                probability(each.p_holm),
            )
        table.add_section()
    table.caption = caption(
        f"Against {one_line(result.baseline)}; +/−/=: queries that are better, worse and equal; "
        f"p after Holm's correction, {MARK} below {ALPHA}."
    )
    yield table


def _efforts(result: TaskResult) -> Iterator[Table]:
    columns = effort_columns(result.efforts)
    if not columns:
        return
    named = _namer(result)
    table = plain_table("stage", [column.title for column in columns])
    for name, effort in result.efforts.items():
        table.add_row(named(name), *(column.written(effort) for column in columns))
    table.caption = caption("For one query; time of those that were computed and not found in the cache.")
    yield table


def _groups(result: TaskResult, width: int) -> Iterator[Table]:
    """Means of the first metric."""
    named = _namer(result)
    metric = result.metrics[0]
    for groups in _fitting(result, tuple(result.groups), width):
        heads = (
            f"{shortened(one_line(name), FIGURE - 2)}\n{result.groups[name].queries:,}" for name in groups
        )
        table = plain_table("stage\nqueries", tuple(heads))
        for stage in result.stages:
            means = (result.groups[name].stages.get(stage, {}).get(metric, math.nan) for name in groups)
            table.add_row(named(stage), *map(number, means))
        table.caption = caption(f"{metric} by group of queries.")
        yield table


def _fitting(result: TaskResult, columns: Sequence[str], width: int) -> Iterator[Sequence[str]]:
    """So many columns at a time as stand beside the stages' names."""
    named = _namer(result)
    names = max(len(named(stage)) for stage in result.stages)
    step = max(1, (width - names) // FIGURE)
    for start in range(0, len(columns), step):
        yield columns[start : start + step]


def plain_table(name: str, figures: Sequence[str]) -> Table:
    """A table without a frame: names to the left, figures to the right."""
    table = Table(show_edge=False, pad_edge=False, box=SIMPLE_HEAD, collapse_padding=True)
    table.add_column(name, overflow="fold")
    for figure in figures:
        table.add_column(Text(figure), justify="right", no_wrap=True)
    return table


def caption(text: str) -> Text:
    """What stands under a table."""
    return Text(text, style="dim", justify="left")


def _namer(result: TaskResult) -> Callable[[str], Text]:
    """Names of stages, shortened unless two would look alike."""
    stages = {one_line(stage) for stage in (*result.stages, *result.efforts)}
    apart = len({shortened(stage, STAGE_SHOWN) for stage in stages}) == len(stages)
    most = STAGE_SHOWN if apart else max(map(len, stages))
    return lambda stage: Text(shortened(one_line(stage), most))
