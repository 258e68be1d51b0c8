"""The plots of a task's report, each with its caption and the figures it shows as a table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pertinent.evaluate.report import plots
from pertinent.evaluate.report.findings import comparison_of, gains, reranked_stages
from pertinent.evaluate.report.wording import counted, duration, number, plain, signed, span
from pertinent.evaluate.result import TaskResult
from pertinent.evaluate.statistics.reliability import brier, expected_calibration_error, reliability_bins

QUANTILES = {
    "highest": 0.0,
    "top 5 %": 0.05,
    "top 25 %": 0.25,
    "median": 0.5,
    "top 75 %": 0.75,
    "top 95 %": 0.95,
    "lowest": 1.0,
}
"""Told of the differences of single queries, by the share of queries that gain at least as much."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot as the page shows it.

    Parameters
    ----------
    title, caption : str
        What it shows, and how it is read.
    svg : str
        An element, safe to stand in a page as it is.
    columns : tuple[str, ...]
        Heads of the table of its figures.
    rows : tuple[tuple[str, ...], ...]
        Its figures; the first of each row names it.
    """

    title: str
    caption: str
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def plots_of(result: TaskResult, name: str) -> list[Plot]:
    """Draw what a result has the figures for.

    Parameters
    ----------
    result : TaskResult
        What was found.
    name : str
        Unique on the page, of letters, digits and hyphens.

    Raises
    ------
    UsageError
        If matplotlib is missing.
    """
    return [
        *_quality(result, f"{name}-quality"),
        *_recall(result, f"{name}-recall"),
        *_gains(result, f"{name}-gain"),
        *_reliability(result, f"{name}-reliability"),
    ]


def _quality(result: TaskResult, name: str) -> Iterator[Plot]:
    metric = result.metrics[0]
    points = {
        stage: plots.Point(effort.seconds_median, each.means[metric], each.intervals[metric])
        for stage, each in result.stages.items()
        if (effort := result.efforts.get(stage)) is not None
        and effort.seconds_median
        and math.isfinite(each.means[metric])
    }
    if not points:
        return
    title = "Quality against latency"
    looks = plots.looks(tuple(result.stages))
    label = (
        f"{title}: {metric} over the median time of a query for {counted(len(points), 'stage', 'stages')}."
    )
    yield Plot(
        title,
        f"Mean {metric} with its 95 % interval over the median time of a query, first stage included. Up and "
        "left is better. Stages of about one time stand beside each other.",
        plots.quality_against_latency(points, looks, metric, name=name, label=label),
        ("stage", "median time", metric, "95 % interval"),
        tuple(
            (stage, duration(point.seconds), number(point.mean), span(point.interval))
            for stage, point in points.items()
        ),
    )


def _recall(result: TaskResult, name: str) -> Iterator[Plot]:
    curves = {stage: curve for stage, curve in result.recall_by_depth.items() if curve}
    if not curves:
        return
    title = "Recall by depth"
    looks = plots.looks(tuple(dict.fromkeys((*result.stages, *curves))))
    depths = sorted({depth for curve in curves.values() for depth in curve})
    yield Plot(
        title,
        "Mean share of a query's relevant documents among the first of each list. A reranker cannot find "
        "what its first stage has not: its curve meets that of the list it reads where it stops reading.",
        plots.recall_curves(
            curves,
            looks,
            name=name,
            label=f"{title} from {depths[0]} to {depths[-1]}: {counted(len(curves), 'stage', 'stages')}.",
        ),
        ("stage", *map(str, depths)),
        tuple(
            (stage, *(number(curve.get(depth, math.nan)) for depth in depths))
            for stage, curve in curves.items()
        ),
    )


def _gains(result: TaskResult, name: str) -> Iterator[Plot]:
    metric = result.metrics[0]
    found = {stage: [gain for _, gain in gains(result, stage, metric)] for stage in reranked_stages(result)}
    found = {stage: values for stage, values in found.items() if values}
    limit = max((abs(value) for values in found.values() for value in values), default=0.0) * 1.05 or 1.0
    baseline = plain(result.baseline)
    for at, (stage, values) in enumerate(found.items(), start=1):
        title = f"Gain per query: {plain(stage)}"
        told = _tally(result, stage, metric)
        yield Plot(
            title,
            f"{metric} of {plain(stage)} minus that of {baseline}, sorted: {_bars(len(values))}. {told}",
            plots.gain_per_query(
                values, metric, limit=limit, name=f"{name}-{at}", label=f"{title} against {baseline}. {told}"
            ),
            ("queries", f"difference in {metric}"),
            tuple((words, signed(_quantile(values, share))) for words, share in QUANTILES.items()),
        )


def _bars(queries: int) -> str:
    if queries <= plots.MOST_BARS:
        return "a bar for each query"
    return f"{queries:,} queries as {plots.MOST_BARS} quantiles"


def _tally(result: TaskResult, stage: str, metric: str) -> str:
    compared = comparison_of(result, stage, metric)
    if compared is None:
        return ""
    return (
        f"Better for {counted(compared.wins, 'query', 'queries')}, worse for {compared.losses:,}, "
        f"equal for {compared.ties:,}."
    )


def _quantile(descending: Sequence[float], share: float) -> float:
    return descending[round(share * (len(descending) - 1))]


def _reliability(result: TaskResult, name: str) -> Iterator[Plot]:
    for at, (stage, pairs) in enumerate(result.pairs.items(), start=1):
        if not pairs:
            continue
        probabilities, relevant = zip(*pairs, strict=True)
        bins = reliability_bins(probabilities, relevant)
        error = number(expected_calibration_error(probabilities, relevant))
        title = f"Reliability: {plain(stage)}"
        yield Plot(
            title,
            f"Share of relevant candidates among those of similar probability, with its 95 % interval; on "
            f"the diagonal probabilities mean what they say. Expected calibration error {error}, Brier score "
            f"{number(brier(probabilities, relevant))}, {counted(len(pairs), 'pair', 'pairs')}.",
            plots.reliability_diagram(
                bins,
                name=f"{name}-{at}",
                label=f"{title}. Expected calibration error {error}.",
            ),
            ("probability", "mean probability", "relevant", "95 % interval", "pairs"),
            tuple(
                (
                    f"{bin.low:.2f}–{bin.high:.2f}",
                    number(bin.probability),
                    number(bin.relevant),
                    span(bin.interval),
                    f"{bin.pairs:,}",
                )
                for bin in bins
            ),
        )
