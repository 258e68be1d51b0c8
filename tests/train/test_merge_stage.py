"""A share that is searched on development examples, and the folder that comes of it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pertinent.errors import ModelError, UsageError
from pertinent.train import merge_stage
from pertinent.train.base import read_base
from pertinent.train.config import TrainConfig
from pertinent.train.examples import Example, TrainingPassage
from pertinent.train.merge import SHARES
from pertinent.train.merge_stage import merge_student, read_search
from support.tiny_bert import save_base, tiny_weights

HEAD = "classifier.weight"


def config(**merge: Any) -> TrainConfig:
    return TrainConfig.model_validate(
        {
            "folder": "unused",
            "student": {"kind": "cross_encoder", "base": "other", "layers": [0, 1], "max_tokens": 32},
            "distil": {"steps": 1, "losses": [{"name": "bce"}]},
            "merge": {"checkpoints": ["other"], "method": "linear"} | merge,
        }
    )


SEARCHED = config(search=[{"path": "set", "split": "dev"}])


@dataclass
class Run:
    folder: Path
    checkpoint: Path
    told: list[tuple[int, int, str]] = field(default_factory=list)

    def merged(self, wanted: TrainConfig, dev: list[Example]) -> Path:
        return merge_student(
            wanted, self.checkpoint, self.folder, dev, bases=self.folder, device="cpu", progress=self.tell
        )

    def tell(self, done: int, total: int, detail: str) -> None:
        self.told.append((done, total, detail))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Two checkpoints that differ in their classifiers: what one puts first the other puts last."""
    weights = tiny_weights()
    save_base(tmp_path / "other", weights)
    checkpoint = save_base(tmp_path / "step", weights | {HEAD: -weights[HEAD]})
    (checkpoint / "config.json").write_text(
        json.dumps({"num_attention_heads": 4, "layer_norm_eps": 1e-12, "of_its_shape": [1, 2]})
    )
    return Run(tmp_path, checkpoint)


def example(answer: str, *others: str) -> Example:
    passages = [TrainingPassage(answer, True), *(TrainingPassage(text, False) for text in others)]
    return Example("what lowers glucose", tuple(passages), "set")


def one_sided(run: Run) -> tuple[list[Example], list[Example]]:
    """Examples whose answer the student puts first, and the same ones with the other passage as answer."""
    texts = ("metformin lowers glucose", "the river of rain")
    for first, second in (texts, texts[::-1]):
        dev = [example(first, second)]
        if read_search(run.merged(SEARCHED, dev).parent).tried[0]["MRR@10"] == 1:
            return dev, [example(second, first)]
    raise AssertionError


def test_the_share_that_orders_development_examples_best_is_taken(run: Run) -> None:
    student_right, other_right = one_sided(run)
    head = read_base(run.checkpoint).weights[HEAD]

    out = run.merged(SEARCHED, student_right)
    found = read_search(run.folder)
    assert found.share == 0.0
    assert found.queries == 1
    assert [each["share"] for each in found.tried] == list(SHARES)
    assert found.tried[0]["nDCG@10"] == 1 > found.tried[-1]["nDCG@10"]
    np.testing.assert_array_equal(read_base(out).weights[HEAD], head)

    out = run.merged(SEARCHED, other_right)
    share = read_search(run.folder).share
    assert share > 0.5  # where the classifiers cancel each other nothing is told apart
    np.testing.assert_allclose(read_base(out).weights[HEAD], (1 - 2 * share) * head, rtol=1e-5, atol=1e-7)
    assert run.told[-1][:2] == (len(SHARES), len(SHARES))
    assert run.told[-1][2].startswith("share 1: nDCG@10 1.0000")


def test_the_merged_folder_says_all_that_the_checkpoint_said(run: Run) -> None:
    for wanted in (SEARCHED, config(weights=[3, 1])):
        out = run.merged(wanted, [example("aspirin", "rain")])
        assert json.loads((out / "config.json").read_text())["of_its_shape"] == [1, 2]
        assert (out / "tokenizer.json").read_bytes() == (run.checkpoint / "tokenizer.json").read_bytes()
    np.testing.assert_allclose(
        read_base(out).weights[HEAD], read_base(run.checkpoint).weights[HEAD] / 2, rtol=1e-5, atol=1e-7
    )


def test_a_search_is_made_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = 0
    measure = merge_stage.measure_student

    def counted(*given: Any) -> dict[str, float]:
        nonlocal measured
        measured += 1
        return measure(*given)

    monkeypatch.setattr(merge_stage, "measure_student", counted)
    dev = [example("aspirin", "rain")]
    run.merged(SEARCHED, dev)
    run.merged(SEARCHED, dev)
    assert measured == len(SHARES)
    run.merged(SEARCHED, [example("rain", "aspirin")])
    assert measured == 2 * len(SHARES)
    save_base(run.folder / "other", tiny_weights(1))
    run.merged(SEARCHED, [example("rain", "aspirin")])
    assert measured == 3 * len(SHARES)


def test_a_search_is_made_again_where_its_folder_is_gone(run: Run) -> None:
    dev = [example("aspirin", "rain")]
    out = run.merged(SEARCHED, dev)
    before = read_base(out).weights[HEAD]
    shutil.rmtree(out)
    assert run.merged(SEARCHED, dev) == out
    np.testing.assert_array_equal(read_base(out).weights[HEAD], before)


def test_given_weights_leave_no_search_behind(run: Run) -> None:
    dev = [example("aspirin", "rain")]
    run.merged(SEARCHED, dev)
    run.merged(config(), dev)
    assert not (run.folder / "merge.json").exists()
    with pytest.raises(ModelError, match=r"merge\.json"):
        read_search(run.folder)
    run.merged(SEARCHED, dev)
    assert read_search(run.folder).queries == 1


@pytest.mark.parametrize(
    "passages",
    [(), (TrainingPassage("aspirin", True),), (TrainingPassage("rain", False), TrainingPassage("tea", None))],
)
def test_examples_that_cannot_choose(run: Run, passages: tuple[TrainingPassage, ...]) -> None:
    with pytest.raises(UsageError, match="an answer and another passage"):
        run.merged(SEARCHED, [Example("which?", passages, "set")])


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"made_of": "x", "share": 2.0, "queries": 1, "tried": []}', "[" * 100_000]
)
def test_a_damaged_search_is_told(run: Run, text: str) -> None:
    (run.folder / "merge.json").write_text(text)
    with pytest.raises(ModelError, match="searched again"):
        read_search(run.folder)
