"""Finished models: what is folded into their weights, and what they share."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pertinent.engine.model_folder import TOKENIZER_FILE
from pertinent.errors import ModelError, UsageError
from pertinent.rerankers.local import LocalReranker
from pertinent.train.base import PRUNING, read_base
from pertinent.train.card import CardFacts
from pertinent.train.config import StudentConfig
from pertinent.train.export_config import ExportConfig
from pertinent.train.finish import calibrated, export_student
from pertinent.train.students import open_student
from support.tiny_bert import save_base, tiny_weights

FACTS = CardFacts("drawn at random", "no use", "a test")
QUERY, TEXTS = "what lowers glucose", ["metformin lowers the glucose", "the train of the river", "rain"]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return save_base(tmp_path / "base", tiny_weights(9, layers=3))


def student(**settings: object) -> StudentConfig:
    return StudentConfig.model_validate({"kind": "cross_encoder", "base": "tiny"} | settings)


def margins(base: Path, out: Path, export: ExportConfig, config: StudentConfig) -> list[float]:
    export_student(base, out, config, export, [], facts=FACTS)
    return [score.margin for score in LocalReranker(out).score(QUERY, TEXTS)]


def test_calibration_puts_margins_on_the_line(base: Path, tmp_path: Path) -> None:
    plain = margins(base, tmp_path / "plain", ExportConfig(name="plain"), student())
    line = ExportConfig.model_validate({"name": "line", "calibration": {"slope": 0.5, "bias": -1.0}})
    assert margins(base, tmp_path / "line", line, student()) == pytest.approx(
        [0.5 * margin - 1.0 for margin in plain], abs=0.02
    )


def test_what_was_calibrated_keeps_its_other_weights(base: Path) -> None:
    weights = read_base(base).weights
    line = ExportConfig.model_validate({"name": "x", "calibration": {"slope": 2.0}}).calibration
    assert calibrated(weights, line).keys() == {"classifier.weight", "classifier.bias"}


def test_tokens_are_dropped_as_the_student_dropped_them(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Margins of random weights lie too near together for an order.
    monkeypatch.setattr("pertinent.train.finish.LEAST_TAU", -1.0)
    pruned = student(pruning=[{"after": 1, "share": 0.4}])
    whole = margins(base, tmp_path / "whole", ExportConfig(name="whole"), student())
    found = margins(base, tmp_path / "pruned", ExportConfig(name="pruned"), pruned)
    assert max(abs(one - two) for one, two in zip(whole, found, strict=True)) > 1e-3
    config = json.loads((base / "config.json").read_text("utf-8")) | {PRUNING: [[1, 0.4]]}
    (base / "config.json").write_text(json.dumps(config), "utf-8")
    assert margins(base, tmp_path / "again", ExportConfig(name="again"), student()) == found


def test_a_model_that_is_refused_does_not_open(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pertinent.train.finish.LEAST_TAU", 2.0)
    with pytest.raises(ModelError, match="another way"):
        margins(base, tmp_path / "bad", ExportConfig(name="bad"), student())
    assert not (tmp_path / "bad" / "model.json").exists()


@pytest.mark.parametrize(
    "pruning",
    [[{"after": 3, "share": 0.4}], [{"after": 2, "share": 0.4}, {"after": 2, "share": 0.2}]],
    ids=["after the last layer", "twice after one layer"],
)
def test_places_where_no_tokens_can_be_dropped(
    base: Path, tmp_path: Path, pruning: list[dict[str, float]]
) -> None:
    with pytest.raises(ModelError, match="Tokens cannot be dropped"):
        open_student(student(pruning=pruning), base, seed=0)


def test_embedders_drop_nothing(base: Path) -> None:
    config = student(kind="embedder", pruning=[{"after": 1, "share": 0.4}])
    with pytest.raises(UsageError, match="Only a cross-encoder"):
        open_student(config, base, seed=0)


def test_a_shared_tokenizer_lies_beside_the_folder(base: Path, tmp_path: Path) -> None:
    tokenizer = read_base(base).tokenizer
    (tmp_path / TOKENIZER_FILE).write_bytes(tokenizer)
    export = ExportConfig.model_validate({"name": "one", "final": {"weight": 0.7, "temperature": 2.0}})
    export_student(base, tmp_path / "one", student(), export, [], facts=FACTS, shared_tokenizer=tokenizer)
    description = json.loads((tmp_path / "one" / "model.json").read_text("utf-8"))
    assert f"../{TOKENIZER_FILE}" in description["files"]
    assert not (tmp_path / "one" / TOKENIZER_FILE).exists()
    assert description["final"] == {"weight": 0.7, "temperature": 2.0}
    assert LocalReranker(tmp_path / "one").score(QUERY, TEXTS)
