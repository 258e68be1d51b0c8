"""The reranker with a decoder: right margins, and cuts that are told."""

from __future__ import annotations

import logging
import math
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.engine.causal_model import EngineOptions
from pertinent.engine.identity import SENTINEL_DOCUMENT, SENTINEL_QUERY, hash_prompts
from pertinent.engine.judge_prompt import JudgePrompter
from pertinent.engine.torch_engine import TorchEngine
from pertinent.errors import UsageError
from pertinent.families.prompt_form import LEAD
from pertinent.families.qwen3_reranker import EVALUATION_INSTRUCTION, VARIANTS, WEB_SEARCH_INSTRUCTION
from pertinent.rerankers.causal import MINIMUM_TOKENS, CausalReranker
from pertinent.rerankers.reranker import Reranker
from support.tiny_models import reference_margin
from support.tiny_reranker import (
    TORCH,
    answers,
    as_score_head,
    load,
    with_engine,
)
from support.tokens import small_tokens

BOUND = 1e-3
"""How far float32 margins may lie from those of transformers."""

QUERY = "Does aspirin prevent stroke?"
TEXTS = ["Aspirin prevents stroke.", "", "The ferry leaves at nine. " * 20, "字。💊", "<|im_end|>\n<think>"]


@pytest.fixture(scope="module")
def reranker(tied: tuple[Path, Any]) -> CausalReranker:
    return load(tied[0])


def whole_margins(
    model: Any, query: str, texts: Sequence[str], instruction: str | None = None, prompt: str = "card"
) -> list[float]:
    """Margins of whole sequences by transformers."""
    prompter = JudgePrompter(small_tokens(), VARIANTS[prompt], 4096)
    parts = prompter.prompt(query, instruction)
    return [
        reference_margin(
            model, np.concatenate([parts.fixed, parts.query, found.ids, parts.suffix]), *answers()
        )
        for found in prompter.documents(texts, parts.document_limit)
    ]


def margins(scorer: CausalReranker, *asked: Any, **options: Any) -> list[float]:
    return [score.margin for score in scorer.score(*asked, **options)]


@pytest.mark.parametrize("instruction", [None, "Find texts about ships.", ""])
def test_margins_are_those_of_transformers(tied: tuple[Path, Any], instruction: str | None) -> None:
    expected = whole_margins(tied[1], QUERY, TEXTS, instruction)
    assert margins(load(tied[0]), QUERY, TEXTS, instruction) == pytest.approx(expected, abs=BOUND)


def test_the_evaluation_prompt_is_another_one(tied: tuple[Path, Any]) -> None:
    scorer = load(tied[0], prompt="evaluation", check=False)
    assert scorer.model.default_instruction == EVALUATION_INSTRUCTION
    expected = whole_margins(tied[1], QUERY, TEXTS, prompt="evaluation")
    assert margins(scorer, QUERY, TEXTS) == pytest.approx(expected, abs=BOUND)
    assert np.abs(np.subtract(expected, whole_margins(tied[1], QUERY, TEXTS))).max() > 10 * BOUND


def test_a_head_of_its_own_and_a_score_row_say_the_same(untied: tuple[Path, Any], tmp_path: Path) -> None:
    folder, model = untied
    expected = whole_margins(model, QUERY, TEXTS)
    assert margins(load(folder), QUERY, TEXTS) == pytest.approx(expected, abs=BOUND)
    as_score_head(folder, tmp_path / "seq-cls")
    converted = load(tmp_path / "seq-cls")
    assert converted.model.family == "qwen3_reranker"
    assert margins(converted, QUERY, TEXTS) == margins(load(folder), QUERY, TEXTS)


def test_a_tied_model_as_score_row_says_the_same(tied: tuple[Path, Any], tmp_path: Path) -> None:
    as_score_head(tied[0], tmp_path / "seq-cls")
    assert margins(load(tmp_path / "seq-cls"), QUERY, TEXTS) == margins(load(tied[0]), QUERY, TEXTS)


def test_a_score_says_where_it_comes_from(reranker: CausalReranker, tied: tuple[Path, Any]) -> None:
    (score,) = reranker.score(QUERY, ["a"])
    assert (score.model, score.revision) == ("tiny-reranker", reranker.model.revision)
    assert (score.engine, score.dtype, score.scale, score.exact) == ("torch", "float32", "margin", True)
    assert (score.query_cut, score.document_cut) == (0, 0)
    assert (reranker.model.family, reranker.model.max_tokens) == ("qwen3_reranker", 4096)
    assert reranker.model.parameters == tied[1].num_parameters()


def test_bfloat16_is_told_and_near(tied: tuple[Path, Any]) -> None:
    scorer = load(tied[0], options=replace(TORCH, dtype="bfloat16"))
    assert {score.dtype for score in scorer.score(QUERY, TEXTS)} == {"bfloat16"}
    assert margins(scorer, QUERY, TEXTS) == pytest.approx(whole_margins(tied[1], QUERY, TEXTS), abs=0.5)


@given(st.lists(st.sampled_from([*TEXTS, "a", "Insulin."]), min_size=1, max_size=12), st.integers(1, 300))
@settings(max_examples=12)
def test_a_margin_depends_on_its_own_pair_alone(
    tied: tuple[Path, Any], documents: list[str], batch_tokens: int
) -> None:
    together = margins(load(tied[0], options=replace(TORCH, batch_tokens=512)), QUERY, documents)
    alone = [margins(load(tied[0]), QUERY, [document])[0] for document in documents]
    assert together == pytest.approx(alone, abs=1e-4)


# Cuts


def test_what_does_not_fit_is_cut_from_the_document_and_told(tied: tuple[Path, Any]) -> None:
    scorer = load(tied[0], max_tokens=MINIMUM_TOKENS)
    prompter = JudgePrompter(small_tokens(), VARIANTS["card"], MINIMUM_TOKENS)
    limit = prompter.prompt(QUERY).document_limit
    short, long = "a b", "a b c " * 400
    fits, cut = scorer.score(QUERY, [short, long])
    (whole,) = prompter.documents([long], 100_000)
    assert (fits.document_cut, cut.document_cut) == (0, len(whole.ids) - limit)
    ((kept, _),) = prompter.documents([long], limit)
    text = small_tokens()._control.decode(kept.tolist()).removeprefix(LEAD)
    assert scorer.score(QUERY, [text])[0].document_cut == 0
    assert margins(scorer, QUERY, [text]) == pytest.approx([cut.margin], abs=1e-4)


def test_a_long_query_is_cut_and_told_in_every_score(tied: tuple[Path, Any]) -> None:
    scorer = load(tied[0], max_tokens=MINIMUM_TOKENS)
    scores = scorer.score("blood glucose " * 500, ["a", "b"])
    assert {score.query_cut for score in scores} == {scores[0].query_cut}
    assert scores[0].query_cut > 100
    assert all(math.isfinite(score.margin) for score in scores)


def test_cuts_are_logged_without_a_word_of_the_texts(
    tied: tuple[Path, Any], caplog: pytest.LogCaptureFixture
) -> None:
    scorer = load(tied[0], max_tokens=MINIMUM_TOKENS)
    with caplog.at_level(logging.WARNING, "pertinent"):
        scorer.score(QUERY, ["a", "b"])
        assert not caplog.records
        scores = scorer.score("blood glucose " * 500, ["a", "insulin " * 900, "insulin " * 800])
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        f"The query is too long: its last {scores[0].query_cut} tokens were not read.",
        "2 of 3 texts exceed the window; their ends were not read.",
    ]


def test_an_instruction_that_leaves_no_room_is_refused(tied: tuple[Path, Any]) -> None:
    with pytest.raises(UsageError, match="no room") as caught:
        load(tied[0], max_tokens=MINIMUM_TOKENS).score(QUERY, ["a"], "secret words " * 300)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("max_tokens", [0, -1, MINIMUM_TOKENS - 1, 4097, 10**9, "512", 512.5])
def test_a_window_that_the_model_has_not_is_refused(tied: tuple[Path, Any], max_tokens: Any) -> None:
    with pytest.raises(UsageError, match="256 to 4096"):
        load(tied[0], max_tokens=max_tokens)


@pytest.mark.parametrize("max_tokens", [MINIMUM_TOKENS, 4096])
def test_the_ends_of_the_window_are_allowed(tied: tuple[Path, Any], max_tokens: int) -> None:
    scorer = load(tied[0], max_tokens=max_tokens)
    assert scorer.model.max_tokens == max_tokens
    assert math.isfinite(margins(scorer, QUERY, ["a " * 9000])[0])


# The canary


# Many documents


# Pruning


def test_pruned_scores_say_which_are_exact(tied: tuple[Path, Any]) -> None:
    scorer = load(tied[0])
    documents = [f"{text} {number}" for number in range(20) for text in TEXTS]
    plain = scorer.score(QUERY, documents)
    pruned = scorer.score(QUERY, documents, keep_top=5)
    exact = [place for place, score in enumerate(pruned) if score.exact]
    assert 5 <= len(exact) < len(documents)
    for place in exact:
        assert pruned[place].margin == pytest.approx(plain[place].margin, abs=1e-4)
    lowest = min(pruned[place].margin for place in exact)
    assert all(score.margin < lowest for score in pruned if not score.exact)
    ranking = Reranker(scorer).rank(QUERY, documents, top_k=5, prune="top_k")
    assert all(item.score.exact for item in ranking)
    assert Reranker(Reranker(scorer)).rank(QUERY, documents, top_k=5, prune="top_k") == ranking
    assert all(score.exact for score in scorer.score(QUERY, TEXTS, keep_top=len(TEXTS)))


@pytest.mark.parametrize("keep_top", [0, -3])
def test_nothing_can_be_pruned_to_nothing(reranker: CausalReranker, keep_top: int) -> None:
    with pytest.raises(UsageError, match="keep_top"):
        reranker.score(QUERY, TEXTS, keep_top=keep_top)


@pytest.mark.parametrize("options", [{"prune": "top_k"}, {"prune": "all", "top_k": 3}])
def test_pruning_needs_top_k(reranker: CausalReranker, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="prune"):
        Reranker(reranker).rank(QUERY, TEXTS, **options)


# What numbers depend on


def test_the_fingerprint_names_what_numbers_depend_on(tied: tuple[Path, Any], tmp_path: Path) -> None:
    folder = tied[0]
    plain = load(folder).fingerprint
    assert load(folder).fingerprint == plain
    assert "float32" in plain
    other_tokens = shutil.copytree(folder, tmp_path / "tiny-reranker")
    file = other_tokens / "tokenizer.json"
    file.write_bytes(file.read_bytes() + b"\n")
    others = [
        load(folder, name="other-reranker", check=False),
        load(folder, prompt="evaluation", check=False),
        load(folder, max_tokens=2048),
        load(folder, options=replace(TORCH, dtype="bfloat16"), check=False),
        load(other_tokens),
    ]
    found = {other.fingerprint for other in others} | {plain}
    assert len(found) == len(others) + 1


def test_a_cache_gives_the_same_scores_and_asks_no_engine(tied: tuple[Path, Any], tmp_path: Path) -> None:
    scorer, engine = with_engine(tied[0])
    file = tmp_path / "scores.sqlite"
    first = Reranker(scorer, cache=file).score(QUERY, TEXTS)
    batches = engine.batches
    assert Reranker(scorer, cache=file).score(QUERY, TEXTS, WEB_SEARCH_INSTRUCTION) == first
    assert engine.batches == batches
    assert Reranker(load(tied[0]), cache=file).score(QUERY, TEXTS) == first
    assert Reranker(scorer, cache=file).score(QUERY, TEXTS, "moderation") != first
    pruned = Reranker(scorer, cache=file)
    with pytest.raises(
        AttributeError
    ):  # the counting engine cannot prune: the cache is not asked for estimates
        pruned.rank(QUERY, TEXTS, top_k=1, prune="top_k")


def test_it_counts_the_tokens_of_whole_prompts(reranker: CausalReranker) -> None:
    read: list[int] = []
    margins_of = TorchEngine.margins

    def recorded(engine: TorchEngine, prefix: Sequence[Any], tails: Sequence[Any]) -> Any:
        read.extend(sum(map(len, prefix)) + len(tail) for tail in tails)
        return margins_of(engine, prefix, tails)

    long = "The ferry leaves at nine. " * 2000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TorchEngine, "margins", recorded)
        reranker.score(QUERY, [*TEXTS, long], "Find ships.")
    assert len(read) == len(TEXTS) + 1
    assert read[-1] == reranker.model.max_tokens, "what was cut does not count"
    assert reranker.count_tokens(QUERY, [*TEXTS, long], "Find ships.") == sum(read)
    assert reranker.count_tokens(QUERY, []) == 0


def test_the_hash_of_its_prompt_is_that_of_the_ids(reranker: CausalReranker) -> None:
    prompter = JudgePrompter(small_tokens(), VARIANTS["card"], 4096)
    prompt = prompter.prompt(SENTINEL_QUERY, None)
    (text,) = prompter.documents([SENTINEL_DOCUMENT], prompt.document_limit)
    ids = np.concatenate([prompt.fixed, prompt.query, text.ids, prompt.suffix])
    assert reranker.prompt_hash() == hash_prompts(ids) == "3a94df92da0990af4ec5fb4983dafc4f"


def test_every_change_of_the_prompt_changes_its_hash(tied: tuple[Path, Any]) -> None:
    plain = load(tied[0])
    assert plain.prompt_hash() == plain.prompt_hash(WEB_SEARCH_INSTRUCTION)
    evaluation = load(tied[0], prompt="evaluation", check=False)
    hashes = {
        plain.prompt_hash(),
        plain.prompt_hash(""),
        plain.prompt_hash("Find ships."),
        plain.prompt_hash("Find ships!"),
        evaluation.prompt_hash(),
        evaluation.prompt_hash(WEB_SEARCH_INSTRUCTION),
    }
    assert len(hashes) == 6
    other = load(tied[0], options=EngineOptions("openvino", dtype="int8"), check=False)
    assert other.prompt_hash() == plain.prompt_hash(), "what computes is no part of the prompt"
    assert (plain.runs_on, other.runs_on) == (("torch", "float32", "cpu"), ("openvino", "int8", "cpu"))
