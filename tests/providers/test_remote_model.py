from __future__ import annotations

import pytest

from pertinent.providers.calls import Usage
from pertinent.providers.catalogue import DIALECTS, find_dialect
from pertinent.providers.remote_model import Took, can_say, remote_info
from support.services import service

NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("Qwen/Qwen3-Reranker-8B", "qwen3_reranker"),
        ("accounts/fireworks/models/qwen3-reranker-8b", "qwen3_reranker"),
        ("Qwen/Qwen3-Embedding-8B", ""),
        ("rerank-v3.5", ""),
        ("", ""),
    ],
)
def test_a_published_model_is_known_by_the_last_part_of_its_name(model: str, family: str) -> None:
    info = remote_info(service(NOWHERE).provider, model, "reranker", "")
    assert (info.family, info.name) == (family, f"deepinfra:{model}")
    assert bool(info.parameters) is bool(family)
    assert info.revision.startswith("remote:")


def test_parts_of_a_call_are_one_receipt() -> None:
    took = Took(0.5)
    assert took.receipts("p", "m") == ()
    took.sent()
    took.sent()
    took.usages += [Usage(1_000_000, None, "a"), Usage(None, 0.25, "")]
    (receipt,) = took.receipts("p", "m")
    assert (receipt.requests, receipt.attempts, receipt.request_ids) == (2, 2, ("a",))
    assert receipt.tokens is None, "one part does not tell"
    assert receipt.cost == 0.75
    assert receipt.seconds >= 0


def test_what_a_dialect_has_words_for() -> None:
    raw = {dialect.name for dialect in DIALECTS if dialect.rerank_paths and can_say(dialect, raw_scores=True)}
    assert "tei" in raw
    assert "cohere" not in raw
    assert can_say(find_dialect("cohere"))
