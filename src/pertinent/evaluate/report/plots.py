"""Plots of an evaluation as SVG elements: quality against latency, gains, recall by depth, reliability."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pertinent.evaluate.extra import require
from pertinent.evaluate.report.inline_svg import COLOURS, WIDTH, inline_svg, plot_style
from pertinent.evaluate.report.wording import duration, plain, shortened
from pertinent.evaluate.result import Interval
from pertinent.evaluate.statistics.reliability import ReliabilityBin

HEIGHT = 255
LEGEND_LINE = 17
LABEL_SHOWN = 48
"""Characters of a stage's name in a legend."""

SHORT_LABEL = 16
"""Names of at most so many characters stand in two columns."""

AXIS_POINTS = 320
"""Length of a plot's horizontal axis, about."""

APART = 9
"""Points between marks that would hide each other."""

ROOM = 2
"""So many times shorter and longer than any time are the ends of the axis of times."""

MOST_BARS = 300
"""Of more queries, as many quantiles are drawn."""

_SERIES = [colour for name, colour in COLOURS.items() if name.startswith("series-")]
_MARKERS = "osD^vPX"
_TIME_STEPS = ((20, (1, 2, 5)), (1000, (1, 3)), (math.inf, (1,)))
"""Labels of a decade, where the slowest takes less than so many times as long as the fastest."""
_DASHES = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))


@dataclass(frozen=True, slots=True)
class Look:
    """Colour, mark and dash of a stage, the same in all plots of a task."""

    colour: str
    marker: str
    dash: Any


def looks(stages: Sequence[str]) -> dict[str, Look]:
    """Give each stage a look; marks and dashes tell apart what colours do not.

    Examples
    --------
    >>> looks(["bm25", "rerank"])["rerank"].marker
    's'
    """
    return {
        stage: Look(_SERIES[at % len(_SERIES)], _MARKERS[at % len(_MARKERS)], _DASHES[at // 2 % len(_DASHES)])
        for at, stage in enumerate(stages)
    }


@dataclass(frozen=True, slots=True)
class Point:
    """A stage by what it takes and what it gives."""

    seconds: float
    mean: float
    interval: Interval


def quality_against_latency(
    points: Mapping[str, Point], looks: Mapping[str, Look], metric: str, *, name: str, label: str
) -> str:
    """Mean of a metric over the median time of a query, on a logarithmic axis.

    Parameters
    ----------
    points : Mapping[str, Point]
        By stage, at least one, with times above 0.
    looks : Mapping[str, Look]
        Of these stages.
    metric : str
        Name of the vertical axis.
    name, label : str
        See ``inline_svg``.
    """
    ticker, transforms = require("matplotlib.ticker"), require("matplotlib.transforms")
    with _drawing(legend=points) as figure:
        axes = figure.add_subplot()
        times = [point.seconds for point in points.values()]
        lows, highs = zip(*(point.interval for point in points.values()), strict=True)
        moved = moved_aside(times)
        for at, (stage, point) in enumerate(points.items()):
            shift = transforms.ScaledTranslation(moved[at] / 72, 0, figure.dpi_scale_trans)
            bar = axes.errorbar(
                point.seconds,
                point.mean,
                yerr=[[max(0.0, point.mean - lows[at])], [max(0.0, highs[at] - point.mean)]],
                color=looks[stage].colour,
                marker=looks[stage].marker,
                markersize=7,
                linestyle="none",
                elinewidth=1.4,
                label=shortened(plain(stage), LABEL_SHOWN),
            )
            for drawn in bar.get_children():
                drawn.set_transform(axes.transData + shift)
        axes.set_xscale("log")
        axes.set_xlim(min(times) / ROOM, max(times) * ROOM)
        room = 0.06 * (max(highs) - min(lows)) or 0.05
        axes.set_ylim(min(lows) - room, max(highs) + room)
        steps = next(steps for ratio, steps in _TIME_STEPS if max(times) / min(times) < ratio)
        axes.xaxis.set_major_locator(ticker.LogLocator(subs=steps, numticks=12))
        axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda seconds, _: duration(seconds)))
        axes.xaxis.set_minor_formatter(ticker.NullFormatter())
        axes.grid(axis="x", visible=False)
        axes.set_xlabel("median time of a query")
        axes.set_ylabel(metric)
        _legend(figure, axes)
        return inline_svg(figure, name, label)


def along_axis(time: float, times: Sequence[float]) -> float:
    """Place of a time on the axis of these times, in points from its begin; near enough for marks."""
    begin, end = min(times) / ROOM, max(times) * ROOM
    return math.log(time / begin) / math.log(end / begin) * AXIS_POINTS


def moved_aside(times: Sequence[float]) -> list[float]:
    """How far each mark moves along the axis, in points, so that none hides another.

    Marks of about one time stand beside each other, in the order of their times, around the middle of
    where they belong; others stay.

    Examples
    --------
    >>> moved_aside([0.5, 0.5, 0.01])
    [-4.5, 4.5, 0.0]
    """
    groups: list[list[int]] = []
    places = [along_axis(time, times) for time in times]

    def middle(group: Sequence[int]) -> float:
        return sum(places[at] for at in group) / len(group)

    for at in sorted(range(len(times)), key=times.__getitem__):
        groups.append([at])
        while (
            len(groups) > 1
            and middle(groups[-1]) - middle(groups[-2]) < APART * (len(groups[-1]) + len(groups[-2])) / 2
        ):
            groups[-2:] = [groups[-2] + groups[-1]]
    moved = [0.0] * len(times)
    for group in (group for group in groups if len(group) > 1):
        for number, at in enumerate(group):
            moved[at] = middle(group) + APART * (number - (len(group) - 1) / 2) - places[at]
    return moved


def gain_per_query(gains: Sequence[float], metric: str, *, limit: float, name: str, label: str) -> str:
    """Differences to the baseline, sorted: a bar for each query or, of many, each quantile.

    Parameters
    ----------
    gains : Sequence[float]
        Largest first, at least one; of more than 300 as many quantiles are drawn.
    metric : str
        What differs.
    limit : float
        End of the vertical axis, both ways: plots that are compared have one.
    name, label : str
        See ``inline_svg``.
    """
    numpy = require("numpy")
    count = len(gains)
    drawn = min(count, MOST_BARS)
    heights = numpy.quantile(gains, numpy.linspace(1, 0, drawn)) if count > drawn else numpy.array(gains)
    edges = numpy.linspace(0, count, drawn + 1)
    with _drawing() as figure:
        axes = figure.add_subplot()
        for part, colour in ((heights.clip(min=0), "gain"), (heights.clip(max=0), "loss")):
            if part.any():
                axes.stairs(part, edges, baseline=0, fill=True, color=COLOURS[colour])
        axes.axhline(0, color=COLOURS["muted"], linewidth=0.8)
        axes.set_xlim(0, count)
        axes.set_ylim(-limit, limit)
        axes.grid(axis="x", visible=False)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_xlabel("queries, by gain")
        axes.set_ylabel(f"difference in {metric}")
        return inline_svg(figure, name, label)


def recall_curves(
    curves: Mapping[str, Mapping[int, float]], looks: Mapping[str, Look], *, name: str, label: str
) -> str:
    """Share of relevant documents found by depth, on a logarithmic axis.

    Parameters
    ----------
    curves : Mapping[str, Mapping[int, float]]
        Depth -> recall, by stage; none is empty.
    looks : Mapping[str, Look]
        Of these stages.
    name, label : str
        See ``inline_svg``.
    """
    ticker = require("matplotlib.ticker")
    with _drawing(legend=curves) as figure:
        axes = figure.add_subplot()
        for stage, curve in curves.items():
            depths = sorted(curve)
            axes.plot(
                depths,
                [curve[depth] for depth in depths],
                color=looks[stage].colour,
                marker=looks[stage].marker,
                linestyle=looks[stage].dash,
                markersize=4.5,
                label=shortened(plain(stage), LABEL_SHOWN),
            )
        axes.set_xscale("log")
        axes.set_ylim(0, 1.03)
        axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5), numticks=12))
        axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda depth, _: f"{depth:g}"))
        axes.xaxis.set_minor_locator(ticker.NullLocator())
        axes.set_xlabel("depth of the list")
        axes.set_ylabel("recall")
        _legend(figure, axes)
        return inline_svg(figure, name, label)


def reliability_diagram(bins: Sequence[ReliabilityBin], *, name: str, label: str) -> str:
    """Share of relevant pairs over their probability with its interval, the pairs of each bin below.

    Parameters
    ----------
    bins : Sequence[ReliabilityBin]
        At least one.
    name, label : str
        See ``inline_svg``.
    """
    with _drawing(height=HEIGHT + 50) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        promised = [bin.probability for bin in bins]
        found = [bin.relevant for bin in bins]
        upper.plot([0, 1], [0, 1], color=COLOURS["muted"], linestyle=(0, (4, 3)), linewidth=1)
        lows, highs = zip(*(bin.interval for bin in bins), strict=True)
        upper.vlines(promised, lows, highs, color=COLOURS["gain"], linewidth=1.4)
        upper.plot(promised, found, color=COLOURS["gain"], marker="o", markersize=5, linewidth=0.8)
        upper.set_xlim(0, 1)
        upper.set_ylim(-0.03, 1.03)
        upper.set_ylabel("relevant")
        lower.bar(
            [bin.low for bin in bins],
            [bin.pairs for bin in bins],
            [bin.high - bin.low for bin in bins],
            align="edge",
            color=COLOURS["gain"],
            alpha=0.75,
        )
        lower.set_yscale("log")
        lower.set_ylim(0.7, 3 * max(bin.pairs for bin in bins))
        lower.yaxis.set_major_formatter(require("matplotlib.ticker").FuncFormatter(lambda n, _: f"{n:,.0f}"))
        lower.set_xlabel("probability")
        lower.set_ylabel("pairs")
        return inline_svg(figure, name, label)


@contextmanager
def _drawing(height: float = HEIGHT, legend: Collection[str] = ()) -> Iterator[Any]:
    """A figure in the plots' style; outside pyplot, so nothing else sees it."""
    lines = -(-len(legend) // _columns(legend))
    with plot_style():
        size = (WIDTH / 72, (height + LEGEND_LINE * lines) / 72)
        yield require("matplotlib.figure").Figure(figsize=size, layout="constrained")


def _columns(labels: Collection[str]) -> int:
    return 2 if all(len(label) <= SHORT_LABEL for label in labels) else 1


def _legend(figure: Any, axes: Any) -> None:
    handles, labels = axes.get_legend_handles_labels()
    # An error bar in a legend says nothing; its mark does.
    marks = [handle[0] if isinstance(handle, tuple) else handle for handle in handles]
    figure.legend(marks, labels, loc="outside lower left", ncols=_columns(labels), borderaxespad=0)
