"""Answers tell their dialect by their shape."""

from __future__ import annotations

from typing import Any

import pytest

from pertinent.providers.calls import Ranked, RerankAnswer, RerankCall, Usage
from pertinent.providers.catalogue import DIALECTS, detect

ALIKE = {"siliconflow-cn": "siliconflow", "openmem": "pertinent"}
"""These answer as others do."""


@pytest.mark.parametrize(
    "dialect", [which for which in DIALECTS if which.rerank_paths], ids=lambda which: which.name
)
def test_an_answer_tells_its_dialect(dialect: Any) -> None:
    answer = RerankAnswer((Ranked(0, 0.9), Ranked(1, 0.1)), Usage(7, None, "rerank-1"), "m")
    call = RerankCall(("q",), ("a", "b"), "m")
    if dialect.name in {"openmem", "pertinent"}:
        answer = RerankAnswer(answer.ranked, Usage(7, None, "1"), "m")
    found = detect(dialect.rerank_result(answer, call))
    assert found is not None
    assert found.name == ALIKE.get(dialect.name, dialect.name)


@pytest.mark.parametrize(
    "body", [[], {}, None, "x", [3], [{}], {"data": []}, {"data": {}}, {"data": [{"embedding": []}]}]
)
def test_other_shapes_tell_none(body: Any) -> None:
    assert detect(body) is None


def test_an_envelope_around_results_is_openmems() -> None:
    found = detect({"code": 0, "data": {"results": [{"index": 0, "relevance_score": 1}]}, "message": "ok"})
    assert found is not None
    assert found.name == "openmem"
