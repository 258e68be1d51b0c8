"""A run card of stand-ins, as it comes back from a file."""

from __future__ import annotations

import json
from typing import Any

from pertinent.evaluate.cards.run_card import make_card, values_hash
from pertinent.evaluate.request import Request
from pertinent.evaluate.task import Task
from pertinent.types import Document
from support.fakes import BagOfWords, WordOverlap

VALUES = {
    "bm25": {"nDCG@10": {"q1": 0.1 + 0.2, "q2": 1.0}, "P@5": {"q1": 0.2, "q2": 0.0}},
    "rerank": {"nDCG@10": {"q1": 1 / 3, "q2": 0.5}, "P@5": {"q1": 0.4, "q2": 0.6}},
}


def small_task(**changes: Any) -> Task:
    return Task(
        **{
            "name": "tiny",
            "split": "test",
            "kind": "retrieval",
            "queries": {"q1": "who?", "q2": "what?"},
            "judgements": {"q1": {"d": 1}, "q2": {"d": 2}},
            "data_hash": "0123abcd",
            "documents": lambda: iter([Document("d", "He.")]),
            "language": "german",
            **changes,
        }
    )


def small_card(**changes: Any) -> dict[str, Any]:
    request = Request(("no-such-set",), candidates=50, instruction="Find texts about ships.")
    card = make_card(small_task(), request, BagOfWords(), {"overlap": WordOverlap()})
    read: dict[str, Any] = json.loads(json.dumps(card | {"values_hash": values_hash(VALUES)} | changes))
    return read
