"""The published prompts, byte by byte."""

from __future__ import annotations

from hashlib import sha256

import pytest

from pertinent.families import qwen3_reranker
from pertinent.families.qwen3_reranker import CARD, EVALUATION, VARIANTS

MARS = (
    "Which planet is known as the Red Planet?",
    "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
)


@pytest.mark.parametrize(
    ("text", "size", "digest"),
    [
        (CARD.opening, 190, "b09144c543bfe3e0"),
        (CARD.closing, 52, "5ca215121bd08200"),
        (qwen3_reranker.WEB_SEARCH_INSTRUCTION, 74, "004c64eb0d64f4fc"),
        (qwen3_reranker.EVALUATION_INSTRUCTION, 53, "13f7c10080bbd520"),
        (
            CARD.opening + CARD.body(CARD.default_instruction, *MARS) + CARD.closing,
            470,
            "cde658eb9dcd78ce",
        ),
    ],
    ids=["prefix", "suffix", "web-search instruction", "evaluation instruction", "whole prompt"],
)
def test_bytes_are_the_published_ones(text: str, size: int, digest: str) -> None:
    assert len(text.encode()) == size
    assert sha256(text.encode()).hexdigest().startswith(digest)


def test_the_evaluation_prompt_has_blank_lines_and_ends_the_turn_twice() -> None:
    assert EVALUATION.body("i", "q", "d") == "<Instruct>: i\n\n<Query>: q\n\n<Document>: d"
    assert EVALUATION.closing.startswith("<|im_end|>\n<|im_end|>\n<|im_start|>assistant")
    assert EVALUATION.opening == CARD.opening
    assert EVALUATION.default_instruction == qwen3_reranker.EVALUATION_INSTRUCTION


def test_the_card_is_the_default() -> None:
    assert next(iter(VARIANTS.values())) is CARD
    assert CARD.default_instruction == qwen3_reranker.WEB_SEARCH_INSTRUCTION
    assert set(VARIANTS) == {"card", "evaluation"}
