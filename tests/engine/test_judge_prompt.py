"""Prompts are whole, fit the window, and always end in their closing."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from pertinent.engine.judge_prompt import CACHED_INSTRUCTIONS, MINIMUM_ROOM, JudgePrompter
from pertinent.engine.text_tokens import TextTokens
from pertinent.errors import ModelError, UsageError
from pertinent.families.qwen3_reranker import CARD, VARIANTS
from support.tokens import CONTROL_WORDS, SMALL, small_tokens, trained_tokenizer

LIBRARY = Tokenizer.from_buffer(SMALL)

FRAGMENTS = st.one_of(
    st.text(max_size=10),
    st.sampled_from(
        [
            *(
                " ",
                "  ",
                "\n",
                "\r\n",
                "\n\n",
                "\t",
                "\x85",
                "\u3000",
                "\u200b",
                "\x00",
                ".",
                "!!",
                ">:",
                "'s",
            ),
            *(
                "<Document>:",
                "<Query>:",
                "<Instruct>: ",
                "e\u0301",
                "\u0301",
                "\u0338",
                "字。",
                "か\u3099",
                "💊",
            ),
            *("سكر", "औषधि", "12", "word", " word"),
        ]
    ),
)
PLAIN = (
    st.lists(FRAGMENTS, max_size=12)
    .map("".join)
    .filter(lambda text: not any(word in text for word in CONTROL_WORDS))
)
ANY = st.one_of(PLAIN, st.lists(st.sampled_from(CONTROL_WORDS), max_size=5).map("".join))


def ids_of(tokenizer: Tokenizer, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids


def assembled(prompter: JudgePrompter, instruction: str, query: str, document: str) -> list[int]:
    prompt = prompter.prompt(query, instruction)
    ((ids, _),) = prompter.documents([document], prompt.document_limit)
    return [*prompt.fixed.tolist(), *prompt.query.tolist(), *ids.tolist(), *prompt.suffix.tolist()]


@pytest.mark.parametrize("variant", VARIANTS)
@given(instruction=PLAIN, query=PLAIN, document=PLAIN)
@settings(max_examples=150)
def test_parts_join_to_the_ids_of_the_whole_body(
    variant: str, instruction: str, query: str, document: str
) -> None:
    form = VARIANTS[variant]
    prompter = JudgePrompter(small_tokens(), form, 32_768)
    parts = (form.opening, form.body(instruction, query, document), form.closing)
    expected = [number for part in parts for number in ids_of(LIBRARY, part)]
    assert assembled(prompter, instruction, query, document) == expected


@pytest.fixture(scope="module")
def whole_definition(weights_folder: Path) -> bytes:
    return (weights_folder / "qwen3-tokenizer" / "tokenizer.json").read_bytes()


def test_so_they_do_with_the_whole_tokenizer(whole_definition: bytes) -> None:
    library = Tokenizer.from_buffer(whole_definition)
    prompter = JudgePrompter(TextTokens(whole_definition), CARD, 32_768)

    @given(instruction=PLAIN, query=PLAIN, document=PLAIN)
    @settings(max_examples=200)
    def agree(instruction: str, query: str, document: str) -> None:
        parts = (CARD.opening, CARD.body(instruction, query, document), CARD.closing)
        expected = [number for part in parts for number in ids_of(library, part)]
        assert assembled(prompter, instruction, query, document) == expected

    agree()


@pytest.mark.parametrize("style", ["gpt2", "llama3", "smollm"])
def test_so_they_do_with_tokenizers_of_other_families(style: str) -> None:
    definition = trained_tokenizer(style)
    library = Tokenizer.from_buffer(definition)
    form = replace(CARD, control_tokens=("<|im_start|>", "<|im_end|>"))
    prompter = JudgePrompter(TextTokens(definition), form, 32_768)

    @given(instruction=PLAIN, query=PLAIN, document=PLAIN)
    @settings(max_examples=100)
    def agree(instruction: str, query: str, document: str) -> None:
        parts = (form.opening, form.body(instruction, query, document), form.closing)
        expected = [number for part in parts for number in ids_of(library, part)]
        assert assembled(prompter, instruction, query, document) == expected

    agree()


@given(st.integers(0, 400), ANY, st.integers(1, 30), ANY, st.integers(1, 30))
@settings(max_examples=150)
def test_every_sequence_fits_and_ends_in_the_closing(
    extra: int, query: str, queries: int, document: str, documents: int
) -> None:
    instruction = "Find"
    whole = JudgePrompter(small_tokens(), CARD, 32_768)
    fixed, suffix = whole.prompt("", instruction).fixed, whole.prompt("").suffix
    label = len(small_tokens().encode_text([CARD.document_label])[0])
    window = len(fixed) + len(suffix) + label + MINIMUM_ROOM + extra
    query, document = query * queries, document * documents

    prompter = JudgePrompter(small_tokens(), CARD, window)
    prompt = prompter.prompt(query, instruction)
    ((ids, cut),) = prompter.documents([document], prompt.document_limit)

    assert len(prompt.fixed) + len(prompt.query) + len(ids) + len(prompt.suffix) <= window
    assert prompt.fixed.tolist() == fixed.tolist()
    assert prompt.suffix.tolist() == suffix.tolist() == ids_of(LIBRARY, CARD.closing)
    assert prompt.document_limit >= (MINIMUM_ROOM + extra) // 2, "half of the room is the document's"
    assert len(ids) >= 1
    assert len(ids) == prompt.document_limit or cut == 0

    (query_ids,) = small_tokens().encode_text([f" {query}"])
    (document_ids,) = small_tokens().encode_text([f" {document}"])
    assert ids.tolist() == document_ids[: len(ids)].tolist()
    assert cut == len(document_ids) - len(ids)
    if prompt.query_cut:
        kept = len(query_ids) - prompt.query_cut
        assert kept == (MINIMUM_ROOM + extra) // 2
        assert prompt.query[:kept].tolist() == query_ids[:kept].tolist()
        assert prompt.query[kept:].tolist() == small_tokens().encode_text([CARD.document_label])[0].tolist()


def test_a_long_query_leaves_half_of_the_window() -> None:
    prompter = JudgePrompter(small_tokens(), CARD, 512)
    prompt = prompter.prompt("glucose " * 1000)
    label = len(small_tokens().encode_text([CARD.document_label])[0])
    room = 512 - len(prompt.fixed) - len(prompt.suffix) - label
    assert (len(prompt.query) - label, prompt.document_limit) == (room // 2, room - room // 2)
    assert prompt.query_cut > 1000


def test_a_huge_query_and_a_huge_document_are_cut() -> None:
    prompter = JudgePrompter(small_tokens(), CARD, 256)
    prompt = prompter.prompt("<|im_end|>" * 1_000_000)
    ((ids, cut),) = prompter.documents(["</think>" * 1_000_000], prompt.document_limit)
    assert len(prompt.fixed) + len(prompt.query) + len(ids) + len(prompt.suffix) == 256
    assert prompt.query_cut > 0
    assert cut > 0


def test_the_fixed_part_is_made_once_per_instruction() -> None:
    prompter = JudgePrompter(small_tokens(), CARD, 1024)
    first = prompter.prompt("one")
    assert prompter.prompt("two").fixed is first.fixed
    assert prompter.prompt("two", CARD.default_instruction).fixed is first.fixed
    other = prompter.prompt("one", "Find recipes")
    assert other.fixed.tolist() != first.fixed.tolist()
    for number in range(CACHED_INSTRUCTIONS):
        prompter.prompt("one", f"Find {number}")
    again = prompter.prompt("one").fixed
    assert again is not first.fixed, "the cache is bounded"
    assert again.tolist() == first.fixed.tolist()


def test_documents_do_not_depend_on_each_other() -> None:
    prompter = JudgePrompter(small_tokens(), CARD, 1024)
    texts = ["glucose " * random.Random(seed).randrange(80) for seed in range(20)]
    together = prompter.documents(texts, 50)
    for text, (ids, cut) in zip(texts, together, strict=True):
        ((alone, alone_cut),) = prompter.documents([text], 50)
        assert ids.tolist() == alone.tolist()
        assert cut == alone_cut
        assert ids.dtype == np.int32
    assert prompter.documents([], 50) == []


@pytest.mark.parametrize("window", [0, 1, 70, 85])
def test_a_window_without_room_is_refused(window: int) -> None:
    with pytest.raises(UsageError, match="no room") as caught:
        JudgePrompter(small_tokens(), CARD, window).prompt("q")
    assert "max_tokens" in caught.value.hint


def test_an_endless_instruction_is_refused_without_its_text() -> None:
    with pytest.raises(UsageError, match="no room") as caught:
        JudgePrompter(small_tokens(), CARD, 4096).prompt("q", "verbose " * 1_000_000)
    assert "verbose" not in str(caught.value)


def test_a_tokenizer_without_the_control_tokens_is_refused() -> None:
    with pytest.raises(ModelError, match="no control token <think>"):
        JudgePrompter(TextTokens(trained_tokenizer("gpt2")), CARD, 512)


def test_answers_of_several_tokens_are_refused() -> None:
    with pytest.raises(ModelError, match="must be one"):
        JudgePrompter(small_tokens(), replace(CARD, yes="absolutely so"), 512)
