"""What follows from a need by calculation, and needs that make no sense."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.engine.judge_prompt import JudgePrompter
from pertinent.errors import UsageError
from pertinent.families.qwen3_reranker import CARD
from pertinent.rerankers.needs import CLOSING_TOKENS, PROMPT_TOKENS, SECONDS_PER_MONTH, Need
from pertinent.rerankers.offers import CARRIED, SIZES
from support.tokens import small_tokens


def test_the_prompts_tokens_are_those_of_the_prompt() -> None:
    prompt = JudgePrompter(small_tokens(), CARD, 4096).prompt("")
    (label,) = small_tokens().encode_text([CARD.document_label])
    assert len(prompt.suffix) == CLOSING_TOKENS
    assert len(prompt.fixed) + len(label) + len(prompt.suffix) == PROMPT_TOKENS


def test_a_months_fees() -> None:
    need = Need(queries_per_second=2, candidates=10, passage_tokens=108, query_tokens=20)
    assert need.billed_tokens == 10 * 200
    assert need.tokens_per_month == 2 * SECONDS_PER_MONTH * 2000
    assert need.dollars_per_month(0.05) == pytest.approx(2 * 2_592_000 * 2000 * 0.05 / 1e6)


def test_operations_are_two_for_each_weight_and_token() -> None:
    small = SIZES[1]
    assert small.multiplied == 440_467_456
    need = Need(candidates=40, passage_tokens=180, query_tokens=20)
    assert need.operations(small) == pytest.approx(2 * 0.440467456e9 * (40 * 189 + 83) / 1e12)
    assert need.operations(CARRIED) == pytest.approx(2 * CARRIED.multiplied * 40 * 203 / 1e12)


@given(
    candidates=st.integers(1, 5000),
    passage=st.integers(1, 16_000),
    query=st.integers(1, 8000),
    size=st.sampled_from(SIZES),
)
def test_more_work_is_never_cheaper(candidates: int, passage: int, query: int, size: Any) -> None:
    need = Need(candidates=candidates, passage_tokens=passage, query_tokens=query)
    for more in (
        Need(candidates=candidates * 2, passage_tokens=passage, query_tokens=query),
        Need(candidates=candidates, passage_tokens=passage * 2, query_tokens=query),
        Need(candidates=candidates, passage_tokens=passage, query_tokens=query * 2),
    ):
        assert more.operations(size) > need.operations(size)
        assert more.dollars_per_month(0.01) > need.dollars_per_month(0.01)


@pytest.mark.parametrize(
    "wrong",
    [
        {"priority": "fast"},
        {"where": "cloud"},
        {"language": "de"},
        {"queries_per_second": 0},
        {"queries_per_second": float("nan")},
        {"queries_per_second": float("inf")},
        {"latency_ms": -1},
        {"budget": -0.01},
        {"candidates": 0},
        {"passage_tokens": 10**9},
        {"query_tokens": 0},
        {"tflops": 0},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Need(**wrong)


def test_the_order_of_sizes() -> None:
    assert Need("speed").order[0] == "0.6B"
    assert Need("balance").order[0] == "4B"
    assert Need("accuracy").order[0] == "8B"
    assert Need("accuracy", language="english").order[0] == "4B"
    assert Need("accuracy", queries_per_second=1001).order[0] == "0.6B"
    assert all(
        sorted(Need(p).order) == sorted(size.name for size in SIZES) for p in ("speed", "balance", "accuracy")
    )
