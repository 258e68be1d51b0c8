from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from pertinent.cli import console
from pertinent.cli.evaluation_table import evaluation_block, print_evaluation
from pertinent.evaluate.result import TaskResult
from support.evaluations import METRICS, task_result

LONG = "Qwen/Qwen3-Reranker-0.6B"
SEVERAL = ("bm25", "dense", "rrf", "rerank:mini", "final:mini", f"rerank:{LONG}", f"final:{LONG}")


def shown(result: TaskResult, width: int = 120, *, terminal: bool = False) -> str:
    stream = io.StringIO()
    screen = Console(file=stream, width=width, highlight=False, emoji=False, force_terminal=terminal)
    screen.print(evaluation_block(result, width))
    return stream.getvalue()


def line_of(told: str, *words: str) -> str:
    return next(line for line in told.splitlines() if all(word in line for word in words))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("stages", [("bm25", "dense", "rrf", "rerank", "final"), SEVERAL])
def test_every_figure_stands_whole_in_the_width(stages: Sequence[str], width: int) -> None:
    result = task_result(stages, groups=True)
    told = shown(result, width)
    assert max(map(cell_len, told.splitlines())) <= width
    assert "…" not in told.replace("Qw…R", "").replace("Qwe…R", "")
    for metric in METRICS:
        for stage in result.stages.values():
            assert f"{stage.means[metric]:.3f}" in told
            low, high = stage.intervals[metric]
            assert f"{low:.3f}–{high:.3f}" in told


def test_metrics_that_do_not_fit_stand_in_a_table_below() -> None:
    wide, narrow = shown(task_result(SEVERAL), 120), shown(task_result(SEVERAL), 80)
    assert "R@100" in line_of(wide, "nDCG@10", "P@5")
    assert "R@100" not in line_of(narrow, "nDCG@10", "P@5")


def test_names_of_stages_stay_apart() -> None:
    mini = "rerank:pertinent-mini-reranker"
    alike = ("rrf", mini, f"{mini}+pertinent-mini-reranker")
    told = shown(task_result(alike, groups=True))
    for name in alike[1:]:
        assert told.count(f"{name} ") >= 3


def test_a_single_query_has_no_intervals() -> None:
    result = replace(task_result(queries=1), comparisons=())
    told = shown(result)
    assert "Values of the one query" in told
    assert "interval" not in told.replace("no interval", "")
    for metric in METRICS:
        assert f"{result.stages['rrf'].means[metric]:.3f}" in told


def test_differences_have_interval_counts_and_a_mark_of_significance() -> None:
    result = task_result(queries=300)
    told = shown(result)
    for each in result.comparisons:
        row = line_of(told, f"{each.wins}/{each.losses}/{each.ties}", each.stage)
        assert f"{abs(each.difference):.3f}{'*' if each.p_holm < 0.05 else ' '}" in row
        assert ("< 0.001" if each.p_holm < 0.001 else f"{each.p_holm:.3f}") in row.replace("\u00a0", " ")
    assert {each.p_holm < 0.05 for each in result.comparisons} == {True, False}
    assert "Against rrf" in told


def test_efforts_and_groups_are_told_where_they_are_known() -> None:
    told = shown(task_result(groups=True, efforts=True))
    assert "350 ms" in line_of(told, "rerank", "18,250")
    assert "single-hop" in told
    assert "cost" not in told
    bare = shown(task_result(groups=False, efforts=False))
    assert "median" not in bare
    assert "group" not in bare


def test_the_best_is_bold_on_a_terminal_and_nothing_is_coloured_without_one() -> None:
    result = task_result()
    best = max(stage.means["nDCG@10"] for stage in result.stages.values())
    assert f"\x1b[1m{best:.3f}" in shown(result, terminal=True)
    assert "\x1b" not in shown(result)


def test_the_card_is_a_line() -> None:
    card = {"embedder": {"name": "mini", "revision": "0123456789abcdef", "engine": "openvino"}}
    assert "Embedder mini@0123456789ab (openvino)." in shown(task_result(card=card))


def test_names_steer_nothing() -> None:
    stages = ("rrf", "rerank:[red]\x1b[2J\n:pill:")
    told = shown(task_result(stages, dataset="[bold]\x1b]0;x\x07"))
    assert "\x1b" not in told
    assert "\x07" not in told
    assert "rerank:[red]" in told
    assert ":pill:" in told
    assert "[bold]" in told


@pytest.mark.parametrize("stages", [("bm25",), ("first_stage", "rerank")])
def test_one_query_and_few_stages(stages: Sequence[str]) -> None:
    told = shown(task_result(stages, queries=1, pairs=False), 80)
    assert "1 query" in told
    assert stages[0] in told


def test_all_results_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    console.output.cache_clear()
    print_evaluation([task_result(), task_result(dataset="nfcorpus")])
    console.output.cache_clear()
    told = capsys.readouterr().out
    assert "scifact (test)" in told
    assert "nfcorpus (test)" in told
