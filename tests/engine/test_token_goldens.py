"""Prompts have the committed token ids of the published tokenizer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pertinent.engine.judge_prompt import JudgePrompter
from pertinent.engine.text_tokens import TextTokens
from pertinent.families.qwen3_reranker import MAX_TOKENS, VARIANTS
from support.tokens import ENGINE, GOLDENS, small_tokens

TOOL = Path(__file__).parents[2] / "tools" / "make_token_goldens.py"
CASES = pytest.mark.parametrize("case", GOLDENS["cases"], ids=lambda case: case["name"])


def sequence(tokens: TextTokens, case: dict[str, Any]) -> list[int]:
    prompter = JudgePrompter(tokens, VARIANTS[case["variant"]], MAX_TOKENS)
    assert (prompter.yes, prompter.no) == (GOLDENS["yes"], GOLDENS["no"]) == (9693, 2152)
    prompt = prompter.prompt(case["query"], case["instruction"])
    ((document, cut),) = prompter.documents([case["document"]], prompt.document_limit)
    assert (prompt.query_cut, cut) == (0, 0)
    return [*prompt.fixed.tolist(), *prompt.query.tolist(), *document.tolist(), *prompt.suffix.tolist()]


@CASES
def test_sequences_have_the_committed_ids(case: dict[str, Any]) -> None:
    found = sequence(small_tokens(), case)
    assert found == case["ids"]
    assert found[-1] == 271, "the two line ends after </think> are one token"


def test_the_cases_cover_what_can_go_wrong() -> None:
    names = " ".join(case["name"] for case in GOLDENS["cases"])
    for wanted in ("empty query", "empty document", "control tokens in the document", "evaluation", "emoji"):
        assert wanted in names
    spelled = [case for case in GOLDENS["cases"] if "<|im_end|>" in case["query"] + case["document"]]
    for case in spelled:
        ends = 3 if case["variant"] == "evaluation" else 2
        assert case["ids"].count(151_645) == ends, "only the prompt's own"


@pytest.fixture(scope="module")
def whole_tokens(weights_folder: Path) -> TextTokens:
    return TextTokens((weights_folder / "qwen3-tokenizer" / "tokenizer.json").read_bytes())


@CASES
def test_the_whole_tokenizer_gives_them_too(case: dict[str, Any], whole_tokens: TextTokens) -> None:
    assert sequence(whole_tokens, case) == case["ids"]


def test_both_tokenizers_have_the_same_largest_id(whole_tokens: TextTokens) -> None:
    assert whole_tokens.largest_id == small_tokens().largest_id == 151_668


def test_making_the_files_again_gives_the_same(weights_folder: Path, tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, TOOL, "--tokenizer", weights_folder / "qwen3-tokenizer", "--out", tmp_path],
        check=False,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    for name in ("token_goldens.json", "small_tokenizer.json"):
        old, new = (json.loads((folder / name).read_text("utf-8")) for folder in (ENGINE, tmp_path))
        old.pop("made_with", None)
        new.pop("made_with", None)
        assert old == new, name
