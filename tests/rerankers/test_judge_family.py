"""What a decoder is taken for, and which prompt it gets."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from pertinent.engine.causal_model import EngineOptions
from pertinent.engine.checkpoint import Checkpoint, open_checkpoint
from pertinent.errors import ModelError, UsageError
from pertinent.families.qwen3_reranker import SYSTEM, VARIANTS
from pertinent.rerankers.causal import CausalReranker
from pertinent.rerankers.judge_family import detect_family, read_form
from support.tiny_models import tiny_model
from support.tiny_reranker import tiny_reranker

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder = tmp_path_factory.mktemp("model")
    tiny_model(folder, "qwen3-untied", layers=1)
    return open_checkpoint(folder)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Qwen/Qwen3-Reranker-0.6B", "qwen3_reranker"),
        ("Qwen/Qwen3-Reranker-8B", "qwen3_reranker"),
        ("IAAR-Shanghai/MemReranker-4B", "qwen3_reranker"),
        ("somebody/my-ReRank-model", "qwen3_reranker"),
        ("Qwen/Qwen2.5-Coder-1.5B-Instruct", "causal_judge"),
        ("Qwen/Qwen3-0.6B", "causal_judge"),
        ("my-folder", "causal_judge"),
    ],
)
def test_a_name_tells_the_family(name: str, family: str, checkpoint: Checkpoint) -> None:
    assert detect_family(name, checkpoint) == family


def test_so_do_a_score_row_and_the_name_it_was_made_from(checkpoint: Checkpoint) -> None:
    assert detect_family("x", replace(checkpoint, head="score")) == "qwen3_reranker"
    made_from = MappingProxyType({**checkpoint.config, "_name_or_path": "/models/Qwen3-Reranker-0.6B"})
    assert detect_family("x", replace(checkpoint, config=made_from)) == "qwen3_reranker"
    for declared, family in (("qwen3_reranker", "qwen3_reranker"), (["other"], "causal_judge")):
        trained_here = MappingProxyType({**checkpoint.config, "pertinent_family": declared})
        assert detect_family("x", replace(checkpoint, config=trained_here)) == family


def test_a_known_embedder_is_refused(checkpoint: Checkpoint) -> None:
    with pytest.raises(ModelError, match="embedder") as caught:
        detect_family("Qwen/Qwen3-Embedding-0.6B", checkpoint)
    assert "Embedder" in (caught.value.hint or "")


def test_what_is_called_like_an_embedder_is_asked_only_if_its_family_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "Qwen3-Embedding-0.6B"
    tiny_reranker(folder)
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": TEMPLATE}))
    with pytest.raises(ModelError, match="like an embedder") as caught:
        CausalReranker(folder)
    assert "causal_judge" in caught.value.hint
    assert CausalReranker(folder, family="causal_judge").model.family == "causal_judge"


def test_a_folder_of_the_shared_cache_has_its_repositorys_name(tmp_path: Path) -> None:
    commit = "0123456789" * 4
    folder = tmp_path / "models--Qwen--Qwen3-Reranker-0.6B" / "snapshots" / commit
    tiny_model(folder, layers=1)
    scorer = CausalReranker(folder)
    assert (scorer.model.name, scorer.model.revision) == ("Qwen/Qwen3-Reranker-0.6B", commit)
    assert scorer.model.family == "qwen3_reranker"
    assert scorer.model.licence == "Apache-2.0"
    plain = tmp_path / "snapshots" / "model"
    tiny_model(plain, layers=1)
    assert open_checkpoint(plain).name == "model"


def test_prompts_by_name(checkpoint: Checkpoint) -> None:
    for name, form in VARIANTS.items():
        assert read_form("qwen3_reranker", name, checkpoint) == form
    with pytest.raises(UsageError, match="no prompt") as caught:
        read_form("qwen3_reranker", "other", checkpoint)
    assert "card or evaluation" in (caught.value.hint or "")


@pytest.mark.parametrize("beside", [True, False])
def test_a_chat_model_is_asked_in_its_own_template(tmp_path: Path, beside: bool) -> None:
    folder = tmp_path / "chat-model"
    tiny_reranker(folder, "qwen2", seed=1)
    inside: dict[str, Any] = {} if beside else {"chat_template": TEMPLATE}
    (folder / "tokenizer_config.json").write_text(json.dumps(inside), "utf-8")
    if beside:
        (folder / "chat_template.jinja").write_text(TEMPLATE, "utf-8")
    checkpoint = open_checkpoint(folder)
    form = read_form("causal_judge", "card", checkpoint)
    assert form.opening == f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n"
    assert form.closing == "<|im_end|>\n<|im_start|>assistant\n"
    with pytest.raises(UsageError, match="chat model"):
        read_form("causal_judge", "evaluation", checkpoint)

    scorer = CausalReranker(folder, options=EngineOptions(engine="torch", dtype="float32"), check=False)
    assert scorer.model.family == "causal_judge"
    judged = scorer.score("Does aspirin prevent stroke?", ["Aspirin prevents stroke.", "It rained."])
    named = CausalReranker(
        folder,
        family="qwen3_reranker",
        options=EngineOptions(engine="torch", dtype="float32"),
        check=False,
    )
    asked = named.score("Does aspirin prevent stroke?", ["Aspirin prevents stroke.", "It rained."])
    assert judged != asked
    assert scorer.fingerprint != named.fingerprint


def test_a_model_without_template_is_refused(checkpoint: Checkpoint) -> None:
    (checkpoint.path / "tokenizer_config.json").write_text("{}", "utf-8")
    with pytest.raises(ModelError):
        read_form("causal_judge", "card", checkpoint)


def test_an_unknown_family_is_refused(checkpoint: Checkpoint) -> None:
    with pytest.raises(UsageError, match="no family"):
        CausalReranker(checkpoint.path, family="bert")
