"""A causal student says what the finished model says, learns in its adapters alone, and can be merged."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from pertinent import Reranker
from pertinent.engine.causal_model import EngineOptions
from pertinent.errors import ModelError, UsageError
from pertinent.rerankers.causal import CausalReranker
from pertinent.train.causal_student import ALPHA, PROJECTIONS, CausalStudent, merged_weights
from pertinent.train.checkpoints import read_checkpoint
from pertinent.train.config import StudentConfig
from pertinent.train.distil import StepReport, distil
from pertinent.train.students import open_student
from support.tiny_models import KINDS, Kind
from support.tiny_reranker import as_score_head, tiny_reranker
from support.tiny_runs import examples_file, tiny_config, tiny_examples

TORCH = EngineOptions(engine="torch", device="cpu", dtype="float32", threads=1)
BOUND = 1e-3

QUERIES = ["Does aspirin prevent stroke?", "what lowers glucose " * 60]
PASSAGES = [
    ["Aspirin prevents stroke.", "", "字。💊", "<|im_end|>\n<think>"],
    ["The ferry leaves at nine. " * 80],
]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny-reranker"
    tiny_reranker(folder, seed=2)
    return folder


def student_of(base: Path, **values: Any) -> CausalStudent:
    settings = {"kind": "causal", "base": str(base), "max_tokens": 256, "lora_rank": 4, **values}
    student = open_student(StudentConfig.model_validate(settings), base, seed=0)
    assert isinstance(student, CausalStudent)
    student.module.eval()
    return student


def change(student: CausalStudent) -> None:
    """Give every adapter something to say."""
    generator = np.random.default_rng(5)
    student.load(
        {
            name: generator.normal(scale=0.1, size=array.shape).astype(np.float32)
            for name, array in student.weights().items()
        }
    )


@torch.no_grad()
def student_margins(student: CausalStudent) -> list[list[float]]:
    own = student.margins(QUERIES, PASSAGES).own.tolist()
    return [row[: len(texts)] for row, texts in zip(own, PASSAGES, strict=True)]


def engine_margins(folder: Path) -> list[list[float]]:
    reranker = CausalReranker(folder, family="qwen3_reranker", max_tokens=256, options=TORCH, check=False)
    return [
        [score.margin for score in reranker.score(query, texts)]
        for query, texts in zip(QUERIES, PASSAGES, strict=True)
    ]


def assert_alike(one: list[list[float]], other: list[list[float]]) -> None:
    for row, expected in zip(one, other, strict=True):
        assert row == pytest.approx(expected, abs=BOUND)


@pytest.mark.parametrize("kind", KINDS)
def test_an_untrained_student_says_what_the_engine_says(tmp_path: Path, kind: Kind) -> None:
    tiny_reranker(tmp_path, kind, seed=2)
    assert_alike(student_margins(student_of(tmp_path)), engine_margins(tmp_path))


@pytest.mark.parametrize("kind", ["qwen3", "qwen3-untied"])
def test_a_merged_student_opens_and_says_the_same(tmp_path: Path, kind: Kind) -> None:
    tiny_reranker(tmp_path / "chat", kind, seed=2)
    student = student_of(tmp_path / "chat")
    before = student_margins(student)
    change(student)
    learnt = student_margins(student)
    assert np.abs(np.subtract(before[0], learnt[0])).max() > 10 * BOUND, "or the test says little"
    (tmp_path / "chat" / "tokenizer_config.json").write_text("{}")
    merged_weights(student)(tmp_path / "merged")
    assert_alike(engine_margins(tmp_path / "merged"), learnt)
    assert Reranker(tmp_path / "merged").model.family == "qwen3_reranker"
    assert (tmp_path / "merged" / "tokenizer_config.json").read_text() == "{}"


def test_only_adapters_learn_and_are_kept(base: Path) -> None:
    student = student_of(base)
    weights = student.weights()
    assert len(weights) == 2 * 2 * len(PROJECTIONS), "two of each projection of two layers"
    assert all(4 in array.shape for array in weights.values())
    assert student.config["pertinent_lora"]["alpha"] == ALPHA * 4
    margins = student.margins(["a"], [["b", "c"]])
    assert torch.equal(margins.scores, torch.sigmoid(margins.own))
    margins.own.sum().backward()
    learning = {name for name, each in student.module.named_parameters() if each.grad is not None}
    assert len(learning) == len(weights)
    assert all("lora_" in name for name in learning)


def test_adapters_follow_the_seed_and_leave_the_generator_alone(base: Path) -> None:
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    one, two = student_of(base).weights(), student_of(base).weights()
    assert torch.equal(torch.rand(1), expected)
    assert all(np.array_equal(one[name], two[name]) for name in one)


def causal_config(base: Path, **distil_settings: Any) -> Any:
    student = {"max_tokens": 256, "lora_rank": 4}
    return tiny_config(base, kind="causal", student=student, **distil_settings)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_student_learns_to_order_four_queries(base: Path, tmp_path: Path, precision: str) -> None:
    config = causal_config(base, steps=30, queries=4, save_every=30, learning_rate=2e-2, precision=precision)
    reports: list[StepReport] = []
    examples = examples_file(tmp_path)
    distil(config, examples, tmp_path / "run", reports.append, dev=tiny_examples(), device="cpu")
    assert reports[-1].loss < reports[0].loss / 2
    assert reports[-1].metrics == {"nDCG@10": 1.0, "MRR@10": 1.0}


def test_a_run_that_was_stopped_makes_the_same_adapters(base: Path, tmp_path: Path) -> None:
    config = causal_config(base, steps=4, accumulation=2)
    examples = examples_file(tmp_path)
    whole = distil(config, examples, tmp_path / "whole", device="cpu")
    for _ in range(4):
        parted = distil(config, examples, tmp_path / "parted", device="cpu", seconds=0.0, part_bytes=10_000)
    assert read_checkpoint(parted).step == 4
    student, first = student_of(base), load_file(whole / "model.safetensors")
    begun = student.weights()
    assert {path.name for path in whole.iterdir()} == {
        "config.json", "model.safetensors", "optimiser.safetensors", "state.json", "tokenizer.json",
    }  # fmt: skip
    assert (read_checkpoint(whole).files) == (read_checkpoint(parted).files), "to the last bit"
    assert first.keys() == begun.keys()
    assert not all(np.array_equal(first[name], begun[name]) for name in first)


def test_what_cannot_learn_is_refused(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="4096 tokens"):
        student_of(base, max_tokens=5000)
    with pytest.raises(UsageError, match="no room"):
        student_of(base, max_tokens=32)
    with pytest.raises(UsageError, match="layers"):
        student_of(base, layers=[0])
    with pytest.raises(ModelError, match="lora_rank"):
        student_of(base).load(student_of(base, lora_rank=2).weights())
    as_score_head(base, tmp_path / "score")
    with pytest.raises(ModelError, match="neither yes nor no"):
        student_of(tmp_path / "score")
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(UsageError, match="needs peft"):
        student_of(base)
