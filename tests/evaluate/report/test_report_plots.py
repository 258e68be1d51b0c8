from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from pertinent.evaluate.report.plots import MOST_BARS
from pertinent.evaluate.report.report_plots import Plot, plots_of
from pertinent.evaluate.report.wording import number
from pertinent.evaluate.result import Effort, TaskResult
from pertinent.evaluate.statistics.reliability import brier, expected_calibration_error
from support.evaluations import task_result


def plot(result: TaskResult, title: str) -> Plot:
    (found,) = (each for each in plots_of(result, "set-1") if each.title == title)
    return found


def test_only_what_there_are_figures_for_is_drawn() -> None:
    bare = task_result(("bm25",), efforts=False, pairs=False, recall=False)
    assert plots_of(bare, "x") == []
    assert [each.title for each in plots_of(task_result(), "x")] == [
        "Quality against latency",
        "Recall by depth",
        "Gain per query: rerank",
        "Gain per query: final",
        "Reliability: rerank",
    ]
    assert plots_of(replace(bare, pairs={"rerank": ()}, recall_by_depth={"bm25": {}}), "x") == []


def test_a_stage_whose_time_is_not_known_is_no_point_at_zero() -> None:
    result = task_result(("bm25", "rerank"))
    known = {"bm25": Effort(40, 0.004, 0.006), "rerank": Effort(0, None, None, 100.0)}
    found = plot(replace(result, efforts=known), "Quality against latency")
    assert [row[0] for row in found.rows] == ["bm25"]
    assert "1 stage" in found.svg


def test_a_stage_without_a_mean_is_no_point() -> None:
    result = task_result(("bm25", "dense"))
    without = replace(result.stages["dense"], means=dict.fromkeys(result.metrics, math.nan))
    found = plot(replace(result, stages={**result.stages, "dense": without}), "Quality against latency")
    assert [row[0] for row in found.rows] == ["bm25"]


def test_a_depth_without_a_figure_is_no_zero() -> None:
    curves = {"bm25": {1: 0.0, 10: 0.5}, "rerank": {1: 0.25}}
    found = plot(replace(task_result(), recall_by_depth=curves), "Recall by depth")
    assert found.columns == ("stage", "1", "10")
    assert found.rows == (("bm25", "0.000", "0.500"), ("rerank", "0.250", "–"))


@pytest.mark.parametrize("queries", [MOST_BARS, MOST_BARS + 1, 1234])
def test_gains_say_what_a_bar_stands_for(queries: int) -> None:
    caption = plot(task_result(("bm25", "rerank"), queries=queries), "Gain per query: rerank").caption
    assert ("a bar for each query" in caption) == (queries <= MOST_BARS)
    assert (f"{queries:,} queries as {MOST_BARS} quantiles" in caption) == (queries > MOST_BARS)


def test_gains_of_all_stages_share_their_axis_and_tell_their_quantiles() -> None:
    result = task_result(("bm25", "rerank", "final"))
    found = plot(result, "Gain per query: final")
    before, after = (result.stages[stage].values["nDCG@10"] for stage in ("bm25", "final"))
    differences = sorted(after[query] - before[query] for query in result.queries)
    assert [row[0] for row in found.rows][:: len(found.rows) - 1] == ["highest", "lowest"]
    assert found.rows[0][1] == f"+{number(differences[-1])}"
    assert found.rows[-1][1] == number(differences[0])
    ends = [
        max(float(text.replace("−", "-")) for text in _ticks(plot(result, f"Gain per query: {stage}").svg))
        for stage in ("rerank", "final")
    ]
    assert ends[0] == ends[1]


def test_reliability_tells_its_error_and_the_doubt_of_each_bin() -> None:
    pairs = [(0.9, True), (0.9, True), (0.1, False)]
    found = plot(replace(task_result(), pairs={"rerank": pairs}), "Reliability: rerank")
    probabilities, relevant = zip(*pairs, strict=True)
    assert number(expected_calibration_error(probabilities, relevant)) in found.caption
    assert number(brier(probabilities, relevant)) in found.caption
    assert "3 pairs" in found.caption
    assert found.columns == ("probability", "mean probability", "relevant", "95 % interval", "pairs")
    assert [row[2] for row in found.rows] == ["0.000", "1.000"]
    assert found.rows[1][3:] == ("0.342–1.000", "2")


def test_ids_of_two_sets_do_not_meet() -> None:
    first, second = (plots_of(task_result(), name) for name in ("set-1", "set-2"))
    assert not _ids(first) & _ids(second)


def _ticks(svg: str) -> list[str]:
    return re.findall(r">([−+]?\d\.\d+)</text>", svg)


def _ids(drawn: list[Plot]) -> set[str]:
    return {found for each in drawn for found in re.findall(r'\bid="([^"]+)"', each.svg)}
