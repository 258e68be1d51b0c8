"""A trained causal student becomes a folder that opens, or is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pertinent import Reranker
from pertinent.errors import ModelError, UsageError
from pertinent.train import finish_causal
from pertinent.train.config import TrainConfig
from pertinent.train.place import Place
from pertinent.train.stages import TrainingRun
from support.small_task import small_beir
from support.tiny_reranker import tiny_reranker


@pytest.fixture
def place(tmp_path: Path) -> Place:
    small_beir(tmp_path / "data" / "small")
    tiny_reranker(tmp_path / "weights" / "tiny", seed=2)
    return Place(tmp_path / "data", tmp_path / "weights", "cpu", part_bytes=20_000)


def config(tmp_path: Path, **changes: Any) -> TrainConfig:
    values: dict[str, Any] = {
        "folder": str(tmp_path / "work"),
        "data": [{"path": "small", "split": "test"}],
        "student": {"kind": "causal", "base": "tiny", "max_tokens": 160, "lora_rank": 4},
        "distil": {"steps": 2, "queries": 2, "passages": 2, "losses": [{"name": "bce"}]},
        "export": {"name": "tiny-judge", "licence": "CC0-1.0"},
    }
    return TrainConfig.model_validate(values | changes)


def test_from_a_judged_set_to_a_reranker(tmp_path: Path, place: Place) -> None:
    made = TrainingRun(config(tmp_path), place).go()
    accuracy = json.loads((made / "accuracy.json").read_text())
    assert accuracy["pairs"] > 2
    assert accuracy["error_max"] <= finish_causal.LARGEST_DIFFERENCE
    assert accuracy["spread"] > 10 * accuracy["error_max"]
    card = (made / "README.md").read_text("utf-8")
    assert "CC0-1.0" in card
    assert "| small | test | judged |" in card
    reranker = Reranker(made, engine="torch", device="cpu", dtype="float32", threads=1)
    assert (reranker.model.name, reranker.model.family) == ("tiny-judge", "qwen3_reranker")
    assert len(reranker.rank("a drug", ["one", "two"])) == 2


def test_another_base_or_rank_is_refused(tmp_path: Path, place: Place) -> None:
    TrainingRun(config(tmp_path), place).go("distil")
    wanted = config(tmp_path)
    export, checkpoint = wanted.export, tmp_path / "work" / "student" / "step-00000002"
    assert export is not None
    tiny_reranker(tmp_path / "other", seed=3)
    for folder, rank in (("other", 4), ("weights/tiny", 8)):
        student = wanted.student.model_copy(update={"lora_rank": rank})
        with pytest.raises(UsageError, match="step-00000002"):
            finish_causal.export_causal(
                checkpoint, tmp_path / folder, tmp_path / "out", student, export, [],
                facts=finish_causal.CardFacts("", "", ""),
            )  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_margins_that_differ_are_refused(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finish_causal, "LARGEST_DIFFERENCE", -1.0)
    with pytest.raises(ModelError, match="engine's margins"):
        TrainingRun(config(tmp_path), place).go()


def test_adapters_are_not_merged_with_others(tmp_path: Path, place: Place) -> None:
    with pytest.raises(UsageError, match="merge"):
        TrainingRun(config(tmp_path, merge={"checkpoints": ["tiny"]}), place)
