from __future__ import annotations

import math
from dataclasses import replace

from pertinent.evaluate.report.findings import (
    best_by_mean,
    best_stages,
    card_line,
    effort_columns,
    finding,
    gains,
    reranked_stages,
)
from pertinent.evaluate.result import Effort
from support.evaluations import task_result


def test_all_whose_mean_reads_the_same_are_best() -> None:
    result = task_result(("bm25", "rrf", "final"))
    means = {"bm25": 0.70004, "rrf": 0.70001, "final": 0.69}
    stages = {name: replace(stage, means={"MAP": means[name]}) for name, stage in result.stages.items()}
    changed = replace(result, stages=stages, metrics=("MAP",))
    assert best_stages(changed, "MAP") == {"bm25", "rrf"}
    assert best_by_mean(changed, stages) == "bm25"


def test_a_single_stage_is_not_the_best_of_anything() -> None:
    assert best_stages(task_result(("bm25",)), "MAP") == frozenset()


def test_a_metric_without_value_is_told() -> None:
    result = task_result(("bm25", "rrf"), metrics=("MAP",))
    stages = {name: replace(stage, means={"MAP": math.nan}) for name, stage in result.stages.items()}
    assert best_stages(replace(result, stages=stages), "MAP") == frozenset()
    assert finding(replace(result, stages=stages)) == "MAP has no value."


def test_a_single_query_has_no_interval_and_no_test() -> None:
    told = finding(task_result(queries=1))
    assert "single query" in told
    assert "95 %" not in told
    assert "significant" not in told


def test_a_finding_says_how_the_best_stands_to_the_baseline() -> None:
    told = finding(task_result(queries=300))
    assert told.startswith("final has the highest nDCG@10: 0.")
    assert "Against rrf that is +0." in told
    assert ", significantly different" in told
    assert "No other stage surpasses rrf" in finding(task_result(("bm25", "rrf"), queries=300))
    assert finding(task_result(("bm25",))).startswith("bm25 reaches nDCG@10 0.")


def test_gains_are_sorted_and_add_up() -> None:
    result = task_result()
    found = gains(result, "final", "MAP")
    values = [gain for _, gain in found]
    assert values == sorted(values, reverse=True)
    mean = result.stages["final"].means["MAP"] - result.stages["rrf"].means["MAP"]
    assert math.isclose(sum(values) / len(values), mean)


def test_only_stages_of_rerankers_beside_the_baseline_are_compared() -> None:
    result = task_result(("bm25", "rerank:a", "final:a"))
    assert reranked_stages(result) == ("rerank:a", "final:a")
    assert reranked_stages(replace(result, baseline="rerank:a")) == ("final:a",)


def test_columns_of_effort_are_those_that_are_known_somewhere() -> None:
    efforts = {"bm25": Effort(0), "rerank": Effort(5, 0.1, 0.2, 40, None, 0.0012)}
    columns = effort_columns(efforts)
    assert [column.title for column in columns] == ["queries timed", "median", "p95", "documents", "cost"]
    assert [column.written(efforts["bm25"]) for column in columns] == ["0", "–", "–", "–", "–"]
    assert [column.written(efforts["rerank"]) for column in columns] == [
        "5",
        "100 ms",
        "200 ms",
        "40",
        "0.00120",
    ]


def test_a_card_tells_its_models_in_a_line() -> None:
    ran = {"engine": "torch", "device": "cuda", "dtype": "bfloat16"}
    card = {
        "pertinent": "0.1.0",
        "request": {"engine": "auto"},
        "embedder": {"name": "mi\nni", "revision": "1" * 40},
        "rerankers": {
            "a": {"name": "org/large", "revision": None, **ran},
            "b": {"name": "c", "revision": "r"},
        },
    }
    assert card_line(card) == (
        "Embedder mi ni@111111111111. Reranker org/large (torch, cuda, bfloat16). Reranker c@r. "
        "Pertinent 0.1.0."
    )
    assert card_line({}) == card_line({"embedder": None, "rerankers": None}) == ""
