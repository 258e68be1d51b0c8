"""A chat template becomes a prompt, or is refused in words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pertinent.engine.chat_template import Message, read_chat_template
from pertinent.errors import ModelError
from pertinent.families import qwen3_reranker
from pertinent.families.causal_judge import BODY_MARK, judge_form


def chatml(messages: Sequence[Message]) -> str:
    turns = "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages)
    return f"{turns}<|im_start|>assistant\n"


def without_system(messages: Sequence[Message]) -> str:
    if messages[0]["role"] == "system":
        raise ModelError("The chat template fails (TemplateError).", hint="")
    return chatml(messages)


def silent_about_system(messages: Sequence[Message]) -> str:
    return chatml([message for message in messages if message["role"] == "user"])


def test_the_question_is_the_system_turn() -> None:
    form = judge_form(chatml)
    assert form.opening == qwen3_reranker.CARD.opening
    assert form.closing == "<|im_end|>\n<|im_start|>assistant\n"
    assert form.default_instruction == qwen3_reranker.WEB_SEARCH_INSTRUCTION
    assert (form.yes, form.no) == ("yes", "no")
    assert form.body("i", "q", "d") == "<Instruct>: i\n<Query>: q\n<Document>: d"


@pytest.mark.parametrize("render", [without_system, silent_about_system])
def test_without_a_system_turn_the_user_asks(render: object) -> None:
    form = judge_form(render)  # type: ignore[arg-type]
    assert form.opening == f"<|im_start|>user\n{qwen3_reranker.SYSTEM}\n\n"
    assert form.closing == "<|im_end|>\n<|im_start|>assistant\n"


@pytest.mark.parametrize("thinking", ["<think>", "<think>\n", "<think>\n\n"])
def test_a_model_that_always_thinks_gets_an_empty_thought(thinking: str) -> None:
    form = judge_form(lambda messages: chatml(messages) + thinking)
    assert form.closing == qwen3_reranker.CARD.closing


@given(st.lists(st.sampled_from([BODY_MARK, qwen3_reranker.SYSTEM, "<s>", "text"]), max_size=6).map("".join))
@example("")
@example(f"{qwen3_reranker.SYSTEM}{BODY_MARK}")
@example(f"{BODY_MARK}{qwen3_reranker.SYSTEM}")
@example(f"{qwen3_reranker.SYSTEM}{BODY_MARK}{BODY_MARK}")
def test_any_rendering_is_a_form_or_refused(text: str) -> None:
    opening, mark, closing = text.partition(BODY_MARK)
    if qwen3_reranker.SYSTEM in opening and closing and BODY_MARK not in closing:
        form = judge_form(lambda _: text)
        assert (form.opening, mark, form.closing) == (opening, BODY_MARK, closing)
    else:
        with pytest.raises(ModelError, match="place of its answer"):
            judge_form(lambda _: text)


def test_the_template_of_qwen3_gives_the_prompt_of_its_reranker(weights_folder: Path) -> None:
    config = json.loads((weights_folder / "qwen3-tokenizer" / "tokenizer_config.json").read_text("utf-8"))
    form = judge_form(read_chat_template(config).render)
    assert replace(form, control_tokens=qwen3_reranker.CARD.control_tokens) == qwen3_reranker.CARD
