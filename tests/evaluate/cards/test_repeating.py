from __future__ import annotations

import json
from pathlib import Path

import pytest

from pertinent.errors import DataError
from pertinent.evaluate.cards.repeating import repeat
from pertinent.evaluate.cards.run_card import CARD_FILE, VALUES_FILE
from pertinent.evaluate.report.writing import write_results
from pertinent.evaluate.requested import evaluate
from support.small_task import request, small_beir


@pytest.fixture
def card(tmp_path: Path) -> Path:
    asked = request(paths=(str(small_beir(tmp_path / "small")),), candidates=5)
    write_results(tmp_path / "out", evaluate(asked))
    return tmp_path / "out" / "small-test" / CARD_FILE


def test_the_same_values_to_the_last_bit(card: Path) -> None:
    repeated = repeat(card)
    assert repeated.report.identical
    assert repeated.report.values == 5 * 5 * 3
    assert repeated.warnings == []
    assert repeated.result.efforts["rerank"].queries == 3  # computed, not found in the cache


def test_a_card_alone_is_enough(card: Path) -> None:
    card.with_name(VALUES_FILE).unlink()
    assert repeat(card).report.identical


@pytest.mark.parametrize(
    ("part", "field"), [("rerankers", "prompt_hash"), ("rerankers", "revision"), ("embedder", "revision")]
)
def test_another_prompt_or_revision_is_refused(card: Path, part: str, field: str) -> None:
    values = json.loads(card.read_text("utf-8"))
    described = values[part] if part == "embedder" else values[part]["pertinent-mini-reranker"]
    described[field] = "another"
    card.write_text(json.dumps(values), "utf-8")
    with pytest.raises(DataError, match=f"no repeat: .*{field}"):
        repeat(card)


def test_changed_data_is_refused(card: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "small" / "corpus.jsonl"
    corpus.write_text(corpus.read_text("utf-8").replace("Aspirin", "Ibuprofen"), "utf-8")
    with pytest.raises(DataError, match="data_hash"):
        repeat(card)


def test_a_set_that_is_gone_is_told(card: Path, tmp_path: Path) -> None:
    (tmp_path / "small").rename(tmp_path / "other")
    with pytest.raises(DataError):
        repeat(card)


def test_other_values_are_found(card: Path) -> None:
    from pertinent.evaluate.cards.card_file import read_card
    from pertinent.evaluate.cards.run_card import values_hash

    file = card.with_name(VALUES_FILE)
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    rows[0]["values"]["rerank"]["P@5"] = 0.123
    file.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    by_stage: dict[str, dict[str, dict[str, float]]] = {}
    for row in rows:
        for stage, metrics in row["values"].items():
            for metric, value in metrics.items():
                by_stage.setdefault(stage, {}).setdefault(metric, {})[row["query"]] = value
    card.write_text(json.dumps(read_card(card) | {"values_hash": values_hash(by_stage)}), "utf-8")
    report = repeat(card).report
    assert [(d.stage, d.metric) for d in report.differences] == [("rerank", "P@5")]
    card.with_name(VALUES_FILE).unlink()
    with pytest.raises(DataError, match="other values"):
        repeat(card)
