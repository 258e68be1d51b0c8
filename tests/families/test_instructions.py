"""Instructions come by name, and texts are their own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pertinent.errors import UsageError
from pertinent.families.catalogue import KNOWN_MODELS
from pertinent.families.instructions import INSTRUCTIONS, find_instruction, instruction_read
from pertinent.families.qwen3_reranker import WEB_SEARCH_INSTRUCTION


def test_every_field_of_use_has_one() -> None:
    assert set(INSTRUCTIONS) == {
        "web-search", "medical-literature", "healthcare-records", "symptom-to-diagnosis", "guidelines",
        "technical-docs", "support", "academic", "e-commerce", "legal", "code-search", "recruitment",
        "recommendation", "enterprise-knowledge", "moderation", "rag-context",
    }  # fmt: skip
    assert find_instruction("web-search") == WEB_SEARCH_INSTRUCTION


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_they_are_single_english_sentences_in_the_trained_form(name: str) -> None:
    text = find_instruction(name)
    assert text.startswith("Given ")
    assert "retrieve" in text
    assert text.isascii()
    assert text == " ".join(text.split())
    assert not text.endswith(".")
    assert len(text) < 200


def test_they_differ() -> None:
    assert len(set(INSTRUCTIONS.values())) == len(INSTRUCTIONS)


@pytest.mark.parametrize("text", ["Find recipes", "Rezepte", "Recipes-only", "", "食谱", "two\nlines", "a_b"])
def test_other_texts_are_instructions(text: str) -> None:
    assert find_instruction(text) == text


@pytest.mark.parametrize("name", ["medical", "web-serach", "legal2", "x-y"])
def test_what_looks_like_a_name_must_be_one(name: str) -> None:
    with pytest.raises(UsageError, match="medical-literature") as caught:
        find_instruction(name)
    assert name not in caught.value.message


@pytest.mark.parametrize("asked", [None, "", "Find recipes"])
def test_what_is_read_is_the_calls_else_the_models_else_nothing(asked: str | None) -> None:
    for model in KNOWN_MODELS:
        told = replace(model, default_instruction="Find answers")
        without = replace(model, default_instruction="")
        if model.name.startswith("pertinent-mini-"):
            assert instruction_read(told, asked) is None
        else:
            assert instruction_read(told, asked) == ("Find answers" if asked is None else asked)
            assert instruction_read(without, asked) == (None if model.kind == "embedder" else asked)
