from __future__ import annotations

import pytest

from pertinent.evaluate.request import Request
from pertinent.evaluate.stages import stage_name, stages_of
from pertinent.evaluate.task import GivenCandidate, Task

RETRIEVAL = Task("tiny", "test", "retrieval", {}, {}, "hash")
GIVEN = Task("tiny", "test", "candidates", {}, {}, "hash", candidates={"q": (GivenCandidate("d", "t"),)})


@pytest.mark.parametrize(
    ("task", "rerankers", "names"),
    [
        (RETRIEVAL, ["a"], ("bm25", "dense", "rrf", "rerank", "final")),
        (RETRIEVAL, [], ("bm25", "dense", "rrf")),
        (GIVEN, ["a"], ("first_stage", "rerank", "final")),
        (GIVEN, ["a", "b"], ("first_stage", "rerank:a", "final:a", "rerank:b", "final:b")),
    ],
)
def test_first_stages_come_first(task: Task, rerankers: list[str], names: tuple[str, ...]) -> None:
    assert stages_of(task, Request(("tiny",)), rerankers) == names


def test_their_order_is_the_pipelines_whatever_was_named_first() -> None:
    request = Request(("tiny",), stages=("final", "rrf", "bm25"))
    assert stages_of(RETRIEVAL, request, ["a"]) == ("bm25", "rrf", "final")


def test_a_single_reranker_has_no_label() -> None:
    assert stage_name("rerank", "a", ["a"]) == "rerank"
    assert stage_name("rerank", "a", ["a", "b"]) == "rerank:a"
