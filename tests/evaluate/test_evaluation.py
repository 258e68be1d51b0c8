from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from pertinent.evaluate.effort import Judge
from pertinent.evaluate.evaluation import evaluate_task
from pertinent.evaluate.result import TaskResult
from pertinent.evaluate.stages import stages_of
from pertinent.evaluate.task import GivenCandidate, Task
from pertinent.types import Scores
from support.fakes import BagOfWords, WordOverlap
from support.small_task import (
    JUDGEMENTS,
    QUERIES,
    TEXTS,
    candidates_task,
    memory_task,
    request,
    retrieval_task,
    screening_task,
)


def evaluated(task: Task, **changes: object) -> TaskResult:
    return evaluate_task(task, request(**changes), BagOfWords(), {"overlap": Judge(WordOverlap())})


def test_all_stages_of_a_retrieval_set() -> None:
    result = evaluated(retrieval_task())
    assert list(result.stages) == ["bm25", "dense", "rrf", "rerank", "final"]
    assert result.baseline == "rrf"
    for stage in result.stages.values():
        assert list(stage.means) == list(retrieval_task().metrics)
        for metric, mean in stage.means.items():
            values = stage.values[metric]
            assert list(values) == list(QUERIES)
            assert mean == pytest.approx(sum(values.values()) / 3)
            low, high = stage.intervals[metric]
            assert low <= mean <= high
    assert result.stages["rerank"].means["MRR@10"] == 1.0
    assert {c.stage for c in result.comparisons} == {"bm25", "dense", "rerank", "final"}
    assert {c.baseline for c in result.comparisons} == {"rrf"}


def test_the_reranker_orders_by_margin_and_the_rest_follows() -> None:
    result = evaluated(retrieval_task(), candidates=2)
    order = [document for document, _ in result.stages["rerank"].run["glucose"]]
    rrf = [document for document, _ in result.stages["rrf"].run["glucose"]]
    assert sorted(order) == sorted(rrf)
    assert set(order[:2]) == set(rrf[:2])
    assert order[2:] == rrf[2:]
    scores = [score for _, score in result.stages["rerank"].run["glucose"]]
    assert scores == sorted(scores, reverse=True)


def test_several_rerankers_share_the_candidates() -> None:
    judges = {"a": Judge(WordOverlap()), "b": Judge(WordOverlap())}
    result = evaluate_task(retrieval_task(), request(), BagOfWords(), judges)
    assert list(result.stages) == ["bm25", "dense", "rrf", "rerank:a", "final:a", "rerank:b", "final:b"]
    assert result.stages["rerank:a"].run == result.stages["rerank:b"].run
    assert stages_of(retrieval_task(), request(), judges) == tuple(result.stages)


def test_given_candidates_are_measured_as_given() -> None:
    result = evaluated(candidates_task())
    assert list(result.stages) == ["first_stage", "rerank", "final"]
    assert stages_of(candidates_task(), request(), ["overlap"]) == tuple(result.stages)
    assert result.baseline == "first_stage"
    # "metformin" (grade 2) stands second and "insulin" (1) fifth behind texts without a grade.
    ideal = 2 / math.log2(2) + 1 / math.log2(3)
    given = 2 / math.log2(3) + 1 / math.log2(6)
    ndcg = result.stages["first_stage"].values["nDCG@10"]["glucose"]
    assert ndcg == pytest.approx(given / ideal)


def test_only_judged_candidates_tell_of_probabilities() -> None:
    pairs = evaluated(candidates_task()).pairs["rerank"]
    judged = sum(each in JUDGEMENTS[query] for query in QUERIES for each in _given(query))
    assert len(pairs) == judged
    assert sum(relevant for _, relevant in pairs) == 4
    retrieved = evaluated(retrieval_task()).pairs["rerank"]
    assert len(retrieved) == len(QUERIES) * len(TEXTS)


def _given(query: str) -> list[str]:
    candidates = candidates_task().candidates
    assert candidates is not None
    return [each.document_id for each in candidates[query]]


def test_groups_of_questions() -> None:
    result = evaluated(memory_task())
    assert {name: group.queries for name, group in result.groups.items()} == {"single-hop": 2, "multi-hop": 1}
    single = result.groups["single-hop"].stages["rrf"]["R@5"]
    values = result.stages["rrf"].values["R@5"]
    assert single == pytest.approx((values["glucose"] + values["headache"]) / 2)


def test_a_screening_is_measured_over_all_documents() -> None:
    result = evaluated(screening_task(), candidates=1)
    assert not result.comparisons  # of one query there is no test
    for stage in result.stages.values():
        assert len(stage.run["review"]) == len(TEXTS)
        assert "WSS@95" in stage.means


@pytest.mark.parametrize("base", ["bm25", "dense", "rrf"])
def test_what_no_list_of_a_screening_holds_follows_the_reranked(base: str) -> None:
    result = evaluated(screening_task(), stages=(base, "rerank", "final"))
    for stage in result.stages.values():
        assert sorted(document for document, _ in stage.run["review"]) == sorted(TEXTS)
        scores = [score for _, score in stage.run["review"]]
        assert scores == sorted(scores, reverse=True)


def test_a_sample_of_queries() -> None:
    result = evaluated(retrieval_task(), queries=2)
    assert len(result.queries) == 2
    assert set(result.queries) < set(QUERIES)


def test_the_baseline_may_be_chosen() -> None:
    result = evaluated(retrieval_task(), baseline="bm25")
    assert {c.baseline for c in result.comparisons} == {"bm25"}


def test_without_reranking_stages_no_reranker_is_asked() -> None:
    judge = Judge(WordOverlap())
    result = evaluate_task(retrieval_task(), request(stages=("bm25", "rrf")), BagOfWords(), {"o": judge})
    assert list(result.stages) == ["bm25", "rrf"]
    assert judge.effort.documents_per_query is None


def test_a_query_without_candidates_counts_as_nothing() -> None:
    empty = replace(candidates_task(), candidates={"glucose": (GivenCandidate("metformin", "Metformin."),)})
    result = evaluated(empty)
    assert result.stages["rerank"].values["nDCG@10"]["headache"] == 0.0
    assert result.stages["rerank"].values["MRR@10"]["glucose"] == 1.0


def test_twice_the_same_gives_the_same() -> None:
    one, two = evaluated(retrieval_task()), evaluated(retrieval_task())
    assert one.stages == two.stages
    assert one.comparisons == two.comparisons


def test_progress_within_the_one_query_of_a_screening_is_told() -> None:
    told: list[tuple[str, int, int]] = []

    class Tells(WordOverlap):
        def score(self, query: str, documents: Sequence[str], *rest: object, **options: Any) -> Scores:
            options["progress"](1, len(documents))
            return super().score(query, documents)

    task = screening_task()
    evaluate_task(task, request(), BagOfWords(), {"overlap": Judge(Tells())}, lambda *each: told.append(each))
    assert (f"{task.name}: overlap", 1, len(TEXTS)) in told


def test_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    evaluate_task(
        retrieval_task("told"), request(), BagOfWords(), {"overlap": Judge(WordOverlap())},
        lambda what, done, total: told.append((what, done, total)),
    )  # fmt: skip
    assert ("told: indexing", 8, 0) in told
    assert told[-1] == ("told", 3, 3)
