from __future__ import annotations

from dataclasses import replace
from typing import get_args

from pertinent.evaluate.statistics.measures import parse_metrics
from pertinent.evaluate.task import DEFAULT_METRICS, Kind
from support.small_task import retrieval_task


def test_every_kind_has_metrics_that_can_be_measured() -> None:
    assert set(DEFAULT_METRICS) == set(get_args(Kind))
    for names in DEFAULT_METRICS.values():
        assert [metric.name for metric in parse_metrics(names)] == list(names)


def test_a_sample_depends_on_the_ids_alone() -> None:
    many = replace(retrieval_task(), queries={str(number): "text" for number in range(50)})
    other_way = replace(many, queries=dict(reversed(many.queries.items())))
    chosen = set(many.sample(10).queries)
    assert len(chosen) == 10
    assert set(other_way.sample(10).queries) == chosen
    assert set(many.sample(20).queries) > chosen
    order = list(many.queries)
    assert list(many.sample(10).queries) == sorted(chosen, key=order.index)


def test_a_sample_of_all_is_the_task() -> None:
    task = retrieval_task()
    assert task.sample(None) is task
    assert task.sample(len(task.queries)) is task
