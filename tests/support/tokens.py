"""Qwen3's tokenizer for tests: the small one that is committed, and other byte-level ones made here."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from pertinent.engine.text_tokens import TextTokens

ENGINE = Path(__file__).parents[1] / "engine"
SMALL = (ENGINE / "small_tokenizer.json").read_bytes()
GOLDENS: dict[str, Any] = json.loads((ENGINE / "token_goldens.json").read_text("utf-8"))

CONTROL_WORDS = tuple(token["content"] for token in json.loads(SMALL)["added_tokens"])

LLAMA3_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@cache
def small_tokens() -> TextTokens:
    """The committed tokenizer with Qwen3's ids."""
    return TextTokens(SMALL)


def trained_tokenizer(style: str) -> bytes:
    """A tokenizer with the words of another family, trained on a few sentences."""
    tokenizer = Tokenizer(models.BPE())
    if style == "gpt2":
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    elif style == "smollm":
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(LLAMA3_WORDS), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|begin_of_text|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>"],
        show_progress=False,
    )
    sentences = [
        "Does aspirin prevent stroke? yes",
        "<Instruct>: <Query>: <Document>: no yes no",
        "  a\n\n b",
    ]
    tokenizer.train_from_iterator(sentences * 20, trainer)
    return tokenizer.to_str().encode()
