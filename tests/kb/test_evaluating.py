from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.errors import DataError
from pertinent.kb.evaluating import evaluate_questions
from pertinent.kb.knowledge_base import KnowledgeBase
from pertinent.kb.questions import Question
from pertinent.search.result import Rerank, SearchResult
from pertinent.store.protocol import Store
from support.knowledge import write


class Reversed:
    """Searches in first-stage order; its reranker turns that round."""

    def __init__(self, base: KnowledgeBase) -> None:
        self._collection = base.collection

    def search(self, query: str, *, top_k: int, rerank: Rerank) -> SearchResult:
        found = self._collection.search(query, top_k=top_k, rerank="off")
        hits = found.hits if rerank == "off" else found.hits[::-1]
        return SearchResult(found.query, hits, embedder=found.embedder)

    def reader(self) -> Store:
        return self._collection.reader()


@pytest.fixture
def four(base: KnowledgeBase, tmp_path: Path) -> KnowledgeBase:
    write(tmp_path / "n", a="moon sea tide", b="moon sea", c="moon", d="wind")
    base.add(tmp_path / "n")
    base.update()
    return base


def test_values_by_hand(four: KnowledgeBase) -> None:
    questions = [
        Question("1", "moon sea tide", ("a.md",), drafted="title"),
        Question("2", "wind", ("z.md", "d.md")),
    ]
    found = evaluate_questions(Reversed(four), questions, 3)
    first, second = found.asked
    assert (first.without, first.reranked) == (1, 4)
    assert first.values["MRR@10"] == (1.0, 0.25)
    assert first.values["P@5"] == pytest.approx((0.2, 0.2))
    assert first.values["nDCG@10"][0] == 1.0
    assert second.missing == ("z.md",)
    assert second.values["nDCG@10"][0] < 1  # what is missing counts as not found
    gain = found.gains["MRR@10"]
    assert (gain.without, gain.better, gain.worse) == (1.0, 0, 2)
    assert gain.difference == pytest.approx(gain.reranked - gain.without)
    assert found.gains["P@5"].most == pytest.approx(0.2)
    assert found.drafted == 1
    assert found.to_dict()["missing"] == {"2": ["z.md"]}


def test_a_collection_without_any_of_the_documents_is_refused(four: KnowledgeBase) -> None:
    with pytest.raises(DataError, match="none of the documents"):
        evaluate_questions(Reversed(four), [Question("1", "x", ("z.md",))], 3)


def test_a_change_meanwhile_is_refused(four: KnowledgeBase, tmp_path: Path) -> None:
    def change(done: int, total: int) -> None:
        write(tmp_path / "n", e=f"New {done}.")
        four.update()

    with pytest.raises(DataError, match="was changed"):
        evaluate_questions(Reversed(four), [Question("1", "moon", ("a.md",))], 3, change)
