from __future__ import annotations

from typing import Any

import pytest

from pertinent.evaluate.named.judged_content import judged_hash
from pertinent.evaluate.task import GivenCandidate
from pertinent.types import Document

QUERIES = {"q": "who?", "r": "why?"}
GRADES = {"q": {"d": 1, "e": 0}, "r": {"d": 2}}
CANDIDATES = {"q": (GivenCandidate("d", "text"),), "r": ()}
PLAIN = judged_hash(QUERIES, GRADES, CANDIDATES, [Document("d", "text")])


@pytest.mark.parametrize(
    "change",
    [
        {"queries": {"q": "who", "r": "why?"}},
        {"queries": {"r": "why?", "q": "who?"}},
        {"judgements": GRADES | {"r": {"d": 1}}},
        {"judgements": GRADES | {"r": {"e": 2}}},
        {"candidates": CANDIDATES | {"r": (GivenCandidate("d", "text"),)}},
        {"candidates": CANDIDATES | {"q": (GivenCandidate("d", "other"),)}},
        {"documents": [Document("d", "other")]},
        {"documents": [Document("d", "text", "title")]},
        {"documents": []},
    ],
    ids=lambda change: str(change)[:50],
)
def test_whatever_results_depend_on_changes_it(change: dict[str, Any]) -> None:
    given: dict[str, Any] = {
        "queries": QUERIES,
        "judgements": GRADES,
        "candidates": CANDIDATES,
        "documents": [Document("d", "text")],
    }
    assert judged_hash(**given) == PLAIN
    assert judged_hash(**(given | change)) != PLAIN


def test_it_is_the_same_on_every_machine() -> None:
    assert judged_hash({"q": "who?"}, {"q": {"d": 1}}) == "67e1fcf049fa0fc825fcc83f357e4e84"
