"""The picture of a run."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from pertinent.train.curves import MOST_POINTS, thinned, write_curves


def test_a_picture_of_loss_and_metrics(tmp_path: Path) -> None:
    records = [
        {"step": step, "loss": 1 / step} | ({"MRR@10": 0.5} if step % 500 == 0 else {})
        for step in range(1, 2001)
    ]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    write_curves(tmp_path, ["MRR@10", "nDCG@10"])
    root = ElementTree.parse(tmp_path / "training.svg").getroot()
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"loss", "development", "step"} <= texts


def test_an_empty_log_draws_an_empty_picture(tmp_path: Path) -> None:
    write_curves(tmp_path)
    assert ElementTree.parse(tmp_path / "training.svg").getroot() is not None


def test_thinning_keeps_the_mean() -> None:
    values = np.random.default_rng(0).random(MOST_POINTS * 5)
    assert len(thinned(values)) == MOST_POINTS
    assert np.isclose(thinned(values).mean(), values.mean())
    assert thinned(values[:7]) is not None
    assert np.array_equal(thinned(values[:7]), values[:7])
