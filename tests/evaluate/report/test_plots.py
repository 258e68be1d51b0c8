from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from pertinent.evaluate.report import plots
from pertinent.evaluate.statistics.reliability import reliability_bins


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("text")]


def test_quality_names_stages_metric_and_times() -> None:
    points = {
        "bm25": plots.Point(0.002, 0.6, (0.55, 0.65)),
        "rerank": plots.Point(1.5, 0.7, (0.66, 0.74)),
        "final": plots.Point(1.5, 0.72, (0.68, 0.76)),
    }
    told = texts(plots.quality_against_latency(points, plots.looks(list(points)), "MAP", name="q", label="l"))
    assert {"bm25", "rerank", "final", "MAP", "median time of a query"} <= set(told)
    assert any(text.endswith(" ms") for text in told)
    assert any(text.endswith(" s") for text in told)


@pytest.mark.parametrize("interval", [(0.5, 0.5), (0.6, 0.7)])
def test_one_point_even_outside_its_interval(interval: tuple[float, float]) -> None:
    point = {"bm25": plots.Point(0.01, 0.5, interval)}
    assert "bm25" in texts(
        plots.quality_against_latency(point, plots.looks(["bm25"]), "P@5", name="q", label="l")
    )


@pytest.mark.parametrize(
    "times",
    [[0.24, 0.24, 0.26], [0.002, 0.0021, 0.0042, 0.24, 0.24, 0.26], [1.0] * 6, [0.1], [1.0, 2.0, 1.0]],
)
def test_marks_of_about_one_time_stand_beside_each_other(times: list[float]) -> None:
    moved = plots.moved_aside(times)
    places = [plots.along_axis(time, times) + aside for time, aside in zip(times, moved, strict=True)]
    ordered = sorted(places)
    assert all(right - left > plots.APART - 1e-6 for left, right in pairwise(ordered))
    assert [places[at] for at in sorted(range(len(times)), key=times.__getitem__)] == ordered


def test_marks_of_other_times_stay_where_they_belong() -> None:
    assert plots.moved_aside([0.002, 2.0, 0.1]) == [0.0, 0.0, 0.0]


def test_stages_beyond_the_colours_still_differ() -> None:
    looks = plots.looks([f"s{n}" for n in range(40)])
    assert len({(look.colour, look.marker) for look in looks.values()}) == 40


@pytest.mark.parametrize("count", [1, 3, plots.MOST_BARS, 20_000])
def test_gains_of_any_number_of_queries_stay_small(count: int) -> None:
    gains = [1 - 2 * n / count for n in range(count)]
    svg = plots.gain_per_query(gains, "MAP", limit=1, name="g", label="l")
    assert "difference in MAP" in texts(svg)
    assert len(svg) < 40_000
    assert "var(--gain" in svg
    assert ("var(--loss" in svg) == (min(gains) < 0)


def test_equal_stages_have_no_bars() -> None:
    svg = plots.gain_per_query([0.0, 0.0], "MAP", limit=1, name="g", label="l")
    assert "var(--gain" not in svg
    assert "var(--loss" not in svg


def test_recall_has_a_line_for_each_stage() -> None:
    curves = {"bm25": {1: 0.2, 10: 0.5}, "a-name-that-is-much-too-long-" + "x" * 60: {10: 0.6, 1: 0.3}}
    told = texts(plots.recall_curves(curves, plots.looks(list(curves)), name="r", label="l"))
    assert {"bm25", "recall", "1", "10"} <= set(told)
    assert any("…" in text and len(text) <= plots.LABEL_SHOWN for text in told)


def test_reliability_of_one_and_of_many_bins() -> None:
    for pairs in ([(0.3, True)], [(n / 100, n % 3 == 0) for n in range(101)]):
        probabilities, relevant = zip(*pairs, strict=True)
        svg = plots.reliability_diagram(reliability_bins(probabilities, relevant), name="d", label="l")
        assert {"probability", "relevant", "pairs"} <= set(texts(svg))


def test_few_pairs_are_drawn_with_their_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(plots, "inline_svg", lambda figure, *_: drawn.append(figure))
    bins = reliability_bins([0.95, 0.05], [True, False])
    plots.reliability_diagram(bins, name="d", label="l")
    (intervals,) = drawn[0].axes[0].collections
    ends = [tuple(segment[:, 1]) for segment in intervals.get_segments()]
    assert ends == [pytest.approx(bin.interval) for bin in bins]


def test_pyplot_is_never_touched() -> None:
    plots.gain_per_query([0.5], "MAP", limit=1, name="g", label="l")
    assert "matplotlib.pyplot" not in sys.modules
