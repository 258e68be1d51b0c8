"""A whole run from judged sets to a model that opens, each stage once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pertinent import Embedder, Reranker
from pertinent.errors import UsageError
from pertinent.train.base import read_base
from pertinent.train.examples import read_examples
from pertinent.train.place import Place
from pertinent.train.plan import plan
from pertinent.train.stages import TrainingRun
from support.fake_provider import fake_provider
from support.small_run import small_place, small_run
from support.small_task import JUDGEMENTS, TEXTS


@dataclass
class Told:
    stages: list[str] = field(default_factory=list)

    def __call__(self, stage: str, done: int, total: int, detail: str = "") -> None:
        if not self.stages or self.stages[-1] != stage:
            self.stages.append(stage)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return small_place(tmp_path)


def test_from_a_judged_set_to_a_reranker(tmp_path: Path, place: Place) -> None:
    told = Told()
    wanted = small_run(tmp_path, merge={"checkpoints": ["tiny"], "method": "linear"})
    made = TrainingRun(wanted, place, told).go()
    assert told.stages == ["examples", "mine", "label", "distil", "merge", "export"]
    labelled = list(read_examples(tmp_path / "work" / "labelled.jsonl"))
    assert {example.made_by for example in labelled} == {"judged", "title"}
    for example in labelled:
        for passage in example.passages:
            assert set(passage.margins) == {"pertinent-mini-reranker", "embedder:"}
            assert passage.label is not None
    assert any(passage.origin == "bm25" for example in labelled for passage in example.passages)
    accuracy = json.loads((made / "accuracy.json").read_text())
    assert accuracy["kendall_tau"] > 0.9
    assert "| small | test | judged |" in (made / "README.md").read_text("utf-8")
    assert Reranker(made).model.name == "tiny-reranker"
    assert len(Reranker(made).rank("a drug", ["one", "two"])) == 2


def test_an_embedder_is_made_as_well(tmp_path: Path, place: Place) -> None:
    wanted = small_run(
        tmp_path,
        data=[{"path": "small", "split": "test"}],
        mine=None,
        label=None,
        student={"kind": "embedder", "base": "tiny", "max_tokens": 32},
        distil={"steps": 2, "queries": 2, "passages": 2, "losses": [{"name": "info_nce"}]},
        export={"name": "tiny-embedder"},
    )
    run = TrainingRun(wanted, place)
    assert run.stages == ("examples", "distil", "export")
    made = run.go()
    assert Embedder(made).embed_queries(["one"]).shape[0] == 1


@pytest.mark.parametrize("kind", ["embedder", "cross_encoder"])
def test_a_student_is_merged_with_the_base_that_it_was_cut_from(
    tmp_path: Path, place: Place, kind: str
) -> None:
    """The base has a pooler, which an embedder leaves out, and layers that the student has not."""
    wanted = small_run(
        tmp_path,
        data=[{"path": "small", "split": "test"}],
        mine=None,
        label=None,
        student={"kind": kind, "base": "tiny", "layers": [1], "max_tokens": 32},
        distil={"steps": 1, "queries": 2, "passages": 2, "losses": [{"name": "info_nce"}]},
        merge={"checkpoints": ["tiny"], "method": "linear", "weights": [1, 3]},
        export=None,
    )
    merged = TrainingRun(wanted, place).go()
    found, base = read_base(merged), read_base(tmp_path / "weights" / "tiny")
    student = read_base(next((tmp_path / "work" / "student").glob("step-*")))
    name = "encoder.layer.0.output.dense.weight"
    expected = (student.weights[name] + 3 * base.weights["encoder.layer.1.output.dense.weight"]) / 4
    np.testing.assert_allclose(found.weights[name], expected, rtol=1e-5, atol=1e-7)
    assert found.weights.keys() == student.weights.keys()


def test_a_searched_share_is_written_down_and_told_on_the_card(tmp_path: Path, place: Place) -> None:
    rows = [{"query": f"what {n}?", "positive": "aspirin", "negatives": ["rain"]} for n in range(3)]
    (tmp_path / "data" / "pairs").mkdir()
    (tmp_path / "data" / "pairs" / "pairs.dev.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    wanted = small_run(
        tmp_path,
        data=[{"path": "small", "split": "test"}],
        mine=None,
        label=None,
        student={"kind": "cross_encoder", "base": "tiny", "layers": [0], "max_tokens": 32},
        merge={"checkpoints": ["tiny"], "search": [{"path": "pairs", "split": "dev"}]},
    )
    made = TrainingRun(wanted, place).go()
    found = json.loads((tmp_path / "work" / "merge.json").read_text("utf-8"))
    assert [each["share"] for each in found["tried"]] == [0, 0.25, 0.5, 0.75, 1]
    assert found["queries"] == 3
    card = (made / "README.md").read_text("utf-8")
    assert f"its share, {found['share']:g}, was searched" in card
    assert "the share of the merge on pairs (dev)" in card


def test_queries_are_written_by_a_provider_and_asked_for_once(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with fake_provider() as provider:
        settings = {"address": provider.address, "model": "writer", "attempts": 1}
        wanted = small_run(
            tmp_path,
            data=[{"path": "notes", "queries": "synthesise"}],
            synthesise={"kinds": ["provider"], "provider": settings},
        )
        provider.write = lambda passage: f"who asks about {passage.split()[0]}?"
        TrainingRun(wanted, place).go("examples")
        assert len(provider.requests) == 2
        (tmp_path / "work" / "examples.jsonl").unlink()
        made = TrainingRun(wanted, place).go("examples")
        assert len(provider.requests) == 2
        assert plan(wanted.model_copy(update={"label": None}), place).asked_texts == 2
        assert len(provider.requests) == 2
    assert [(e.query, e.made_by) for e in read_examples(made)] == [
        ("who asks about Green?", "provider"),
        ("who asks about Daily?", "provider"),
    ]


def test_a_stage_that_is_done_is_passed_over(tmp_path: Path, place: Place) -> None:
    TrainingRun(small_run(tmp_path), place).go("label")
    made = tmp_path / "work" / "labelled.jsonl"
    before = made.stat().st_mtime_ns
    assert TrainingRun(small_run(tmp_path), place).go("label") == made
    assert made.stat().st_mtime_ns == before
    TrainingRun(small_run(tmp_path, label={"teachers": ["embedder:"]}), place).go("label")
    assert made.stat().st_mtime_ns != before
    assert all(set(p.margins) >= {"embedder:"} for e in read_examples(made) for p in e.passages)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"data": []}, "no examples"),
        ({"synthesise": None}, "nothing says how"),
        ({"data": [{"path": "missing"}]}, "missing"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, place: Place, changes: dict[str, Any], told: str) -> None:
    from pertinent.errors import PertinentError

    with pytest.raises(PertinentError, match=told):
        TrainingRun(small_run(tmp_path, **changes), place).go("examples")


def test_a_stage_that_is_not_there(tmp_path: Path, place: Place) -> None:
    with pytest.raises(UsageError, match="merge"):
        TrainingRun(small_run(tmp_path), place).go("merge")


def test_negatives_come_from_the_whole_corpus_of_a_judged_set(tmp_path: Path, place: Place) -> None:
    """Also where its file is not compressed."""
    wanted = small_run(tmp_path, data=[{"path": "small", "split": "test"}])
    mined = list(read_examples(TrainingRun(wanted, place).go("mine")))
    found = {p.text for e in mined for p in e.passages if p.origin == "bm25"}
    judged = {TEXTS[document] for graded in JUDGEMENTS.values() for document in graded}
    assert found - judged
