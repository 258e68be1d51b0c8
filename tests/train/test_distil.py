"""A run learns, goes on where it stopped to the last bit, and tells what it does."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from pertinent.errors import ModelError, UsageError
from pertinent.train.base import read_base
from pertinent.train.checkpoints import best_checkpoint, read_checkpoint
from pertinent.train.config import TrainConfig
from pertinent.train.distil import StepReport, distil
from pertinent.train.log import read_log
from pertinent.train.students import open_student
from support.tiny_bert import save_base, tiny_weights
from support.tiny_runs import examples_file, tiny_config, tiny_examples


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return save_base(tmp_path / "base", tiny_weights())


def run(config: TrainConfig, tmp_path: Path, name: str = "run", **options: Any) -> Path:
    return distil(config, examples_file(tmp_path), tmp_path / name, **options)


def same_weights(one: Path, two: Path) -> bool:
    first, second = read_base(one).weights, read_base(two).weights
    return first.keys() == second.keys() and all(np.array_equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize(
    ("kind", "losses", "precision"),
    [
        ("cross_encoder", [{"name": "bce"}], "float32"),
        ("cross_encoder", [{"name": "margin_mse", "weight": 0.1}, {"name": "hinge"}], "bfloat16"),
        ("embedder", [{"name": "info_nce"}], "float32"),
    ],
)
def test_a_student_learns_to_order_four_queries(
    base: Path, tmp_path: Path, kind: str, losses: list[Any], precision: str
) -> None:
    config = tiny_config(
        base,
        kind=kind,
        student={"dropout": 0.0},
        losses=losses,
        precision=precision,
        steps=60,
        queries=4,
        save_every=60,
    )
    reports: list[StepReport] = []
    found = run(config, tmp_path, progress=reports.append, dev=tiny_examples())
    # Cross-entropy with soft labels ends at their own entropy, which is 0.2 here.
    assert reports[-1].loss < reports[0].loss / 2
    assert reports[-1].metrics == {"nDCG@10": 1.0, "MRR@10": 1.0}
    student = open_student(config.student, found, seed=0)
    student.module.eval()
    with torch.no_grad():
        for example in tiny_examples():
            margins = student.margins([example.query], [[each.text for each in example.passages]]).own[0]
            assert int(margins.argmax()) == 0


@pytest.mark.parametrize("kind", ["cross_encoder", "embedder"])
def test_a_run_that_was_stopped_makes_the_same_weights(base: Path, tmp_path: Path, kind: str) -> None:
    config = tiny_config(base, kind=kind, accumulation=2, losses=[{"name": "bce"}, {"name": "info_nce"}])
    whole = run(config, tmp_path, "whole")
    stops = 0
    while True:
        # Each call stops after one step; three of the six stops have no checkpoint of their own otherwise.
        parted = run(config, tmp_path, "parted", seconds=0.0)
        stops += 1
        if read_checkpoint(parted).step == config.distil.steps:
            break
    assert stops == 6
    assert same_weights(whole, parted)
    assert not same_weights(whole, base)
    assert [record["step"] for record in read_log(tmp_path / "parted" / "log.jsonl")] == [1, 2, 3, 4, 5, 6]
    assert same_weights(run(config, tmp_path, "whole"), parted), "a finished run is left as it is"


def test_steps_after_the_newest_checkpoint_are_made_again(base: Path, tmp_path: Path) -> None:
    class CrashError(Exception):
        pass

    def crash(report: StepReport) -> None:
        if report.step == 5:
            raise CrashError

    config = tiny_config(base)
    with pytest.raises(CrashError):
        run(config, tmp_path, "crashed", progress=crash)
    reports: list[StepReport] = []
    parted = run(config, tmp_path, "crashed", progress=reports.append)
    assert [report.step for report in reports] == [5, 6]
    assert [record["step"] for record in read_log(tmp_path / "crashed" / "log.jsonl")] == [1, 2, 3, 4, 5, 6]
    assert same_weights(parted, run(config, tmp_path, "whole"))


def test_control_c_saves_the_step_that_was_under_way(base: Path, tmp_path: Path) -> None:
    def interrupt(report: StepReport) -> None:
        if report.step == 2:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    config = tiny_config(base, save_every=100)
    with pytest.raises(KeyboardInterrupt):
        run(config, tmp_path, "stopped", progress=interrupt)
    assert signal.getsignal(signal.SIGINT) is before
    assert [path.name for path in (tmp_path / "stopped").glob("step-*")] == ["step-00000003"]
    assert same_weights(run(config, tmp_path, "stopped"), run(config, tmp_path, "whole"))


def test_what_a_run_leaves(base: Path, tmp_path: Path) -> None:
    reports: list[StepReport] = []
    found = run(
        tiny_config(base, losses=[{"name": "bce"}, {"name": "hinge"}]),
        tmp_path,
        progress=reports.append,
        dev=tiny_examples(),
    )
    folder = found.parent
    assert found.name == "step-00000006"
    assert len(list(folder.glob("step-*"))) in (2, 3)
    best = best_checkpoint(folder)
    assert best is not None
    measured = {report.step: report.metrics["nDCG@10"] for report in reports if report.metrics}
    assert list(measured) == [2, 4, 6]
    assert measured[read_checkpoint(best).step] == max(measured.values())
    records = list(read_log(folder / "log.jsonl"))
    assert {"loss", "loss_bce", "loss_hinge", "learning_rate", "seconds", "pairs_per_second"} <= records[
        0
    ].keys()
    assert records[0]["loss"] == pytest.approx(records[0]["loss_bce"] + records[0]["loss_hinge"], rel=1e-5)
    assert all(report.seconds_left >= 0 for report in reports)
    assert reports[-1].seconds_left == 0
    picture = ElementTree.parse(folder / "training.svg").getroot()
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"


def test_parts_travel_and_go_on(base: Path, tmp_path: Path) -> None:
    config = tiny_config(base)
    parted = run(config, tmp_path, "parted", part_bytes=20_000, seconds=0.0)
    sizes = [file.stat().st_size for file in parted.iterdir()]
    assert max(sizes) <= 20_000
    assert (parted / "model.safetensors.000").exists()
    finished = run(config, tmp_path, "parted", part_bytes=20_000)
    assert same_weights(finished, run(config, tmp_path, "whole"))


def test_the_callers_random_numbers_are_left_alone(base: Path, tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    run(tiny_config(base, steps=1), tmp_path)
    assert torch.equal(torch.rand(3), expected)


def test_another_configuration_is_refused(base: Path, tmp_path: Path) -> None:
    run(tiny_config(base, steps=2), tmp_path)
    run(tiny_config(base, steps=2, save_every=1), tmp_path)
    with pytest.raises(UsageError, match="other settings"):
        run(tiny_config(base, steps=2, learning_rate=1e-4), tmp_path)


def test_a_damaged_checkpoint_is_refused(base: Path, tmp_path: Path) -> None:
    config = tiny_config(base)
    found = run(config, tmp_path, seconds=0.0)
    file = found / "optimiser.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(ModelError, match=r"optimiser\.safetensors"):
        run(config, tmp_path)


def test_a_loss_that_is_no_number_ends_the_run(base: Path, tmp_path: Path) -> None:
    weights = tiny_weights()
    weights["classifier.bias"][:] = np.nan
    broken = save_base(tmp_path / "broken", weights)
    with pytest.raises(ModelError, match="step 1"):
        run(tiny_config(broken), tmp_path)
    assert not list((tmp_path / "run").glob("step-*"))


def test_a_checkpoint_says_what_it_is(base: Path, tmp_path: Path) -> None:
    found = run(tiny_config(base, kind="embedder", steps=1), tmp_path)
    config = json.loads((found / "config.json").read_text())
    assert config["num_attention_heads"] == 4
    assert read_base(found).tokenizer == read_base(base).tokenizer
