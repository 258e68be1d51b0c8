"""What the card of a trained model tells of its configuration."""

from __future__ import annotations

from typing import Any

import pytest

from pertinent.train.card import trained_facts
from pertinent.train.config import TrainConfig


def config(dev: list[dict[str, str]] | None = None, **more: Any) -> TrainConfig:
    return TrainConfig.model_validate(
        {
            "folder": "work",
            "data": [{"path": "pubmedqa", "licence": "MIT"}, {"path": "medline", "queries": "synthesise"}],
            "student": {"kind": "embedder", "base": "folder/of/minilm"},
            "distil": {"steps": 1200, "losses": [{"name": "info_nce"}], "dev": dev or []},
        }
        | more
    )


def test_teachers_are_named_without_their_folders() -> None:
    teachers = ["work/teachers/minilm-l12", "embedder:work/teachers/bge"]
    assert "teachers: minilm-l12, bge." in trained_facts(config(label={"teachers": teachers})).method


def test_data_with_licences() -> None:
    method = trained_facts(config()).method
    assert "1,200 steps from minilm; losses: info_nce (1); teachers: none." in method
    assert "| pubmedqa | train | judged | MIT |" in method
    assert "| medline | train | synthesise | not stated |" in method
    assert "Merged" not in method
    assert "Chosen" not in method


def test_whose_model_wrote_queries() -> None:
    provider = {"address": "http://127.0.0.1:8000/v1", "model": "some/writer"}
    written = {"kinds": ["title", "provider"], "provider": provider}
    assert "written: title, provider by some/writer." in trained_facts(config(synthesise=written)).method
    assert "written: title." in trained_facts(config(synthesise={"kinds": ["title"]})).method
    judged = trained_facts(config(synthesise=written, data=[{"path": "pubmedqa"}])).method
    assert "written" not in judged


@pytest.mark.parametrize(
    ("merge", "share", "told"),
    [
        ({}, None, "Merged with base (slerp; in equal shares)."),
        ({"weights": [1, 0.5]}, None, "Merged with base (slerp; weights 1 : 0.5)."),
        ({"search": [{"path": "medquad"}]}, 0.25, "Merged with base (slerp; its share, 0.25, was searched)."),
    ],
)
def test_what_was_merged(merge: dict[str, Any], share: float | None, told: str) -> None:
    wanted = config(merge={"checkpoints": ["folder/of/base"]} | merge)
    assert told in trained_facts(wanted, share).method


def test_a_set_that_chose_is_no_result() -> None:
    searched = {"checkpoints": ["base"], "search": [{"path": "medquad", "split": "dev"}]}
    method = trained_facts(config(dev=[{"path": "bioasq", "split": "dev"}], merge=searched), 0.5).method
    assert (
        "Chosen: the checkpoint on bioasq (dev); the share of the merge on medquad (dev). "
        "What is measured there is no result." in method
    )
