"""Several processes say what one engine says."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pertinent.engine.checkpoint import open_checkpoint
from pertinent.engine.data_parallel import DataParallelEngine
from pertinent.engine.torch_engine import TorchEngine
from pertinent.errors import ModelError, UsageError
from support.tiny_models import random_ids, tiny_model


def by_place(batches: Iterable[tuple[tuple[int, ...], Any]]) -> dict[int, Any]:
    return {place: row for places, rows in batches for place, row in zip(places, rows, strict=True)}


def test_two_processes_say_what_one_engine_says(tmp_path: Path) -> None:
    tiny_model(tmp_path)
    checkpoint = open_checkpoint(tmp_path)
    vector = checkpoint.margin_vector(7, 9)
    generator = np.random.default_rng(0)
    prefix = [random_ids(generator, 9), random_ids(generator, 4)]
    tails = [random_ids(generator, int(n)) for n in generator.integers(1, 30, 70)]
    alone = TorchEngine(checkpoint, vector, device="cpu", dtype="float32")
    expected = by_place(alone.margins(prefix, tails))
    engine = DataParallelEngine(checkpoint, vector, ["cpu", "cpu"], dtype="float32")
    try:
        assert (engine.dtype, engine.device) == ("float32", "cpu,cpu")
        batches = list(engine.margins(prefix, tails))
        states = by_place(engine.states(tails[:20]))
        pruned, exact = engine.pruned_margins(prefix, tails, 3)
        stopped = engine.margins(prefix, tails)
        next(stopped)
        stopped.close()
        assert list(engine.margins(prefix, [])) == []
        engine._workers[0].submit(__import__("os")._exit, 1)
        with pytest.raises(ModelError, match="process of the model ended"):
            list(engine.margins(prefix, tails))
    finally:
        engine.close()
    assert len(batches) > 2
    found = by_place(batches)
    assert found.keys() == expected.keys()
    assert max(abs(found[place] - expected[place]) for place in found) <= 1e-4
    for place, state in by_place(alone.states(tails[:20])).items():
        assert np.abs(states[place] - state).max() <= 1e-4
    assert exact.sum() < len(pruned) == 70


def test_a_fault_while_loading_is_told(tmp_path: Path) -> None:
    tiny_model(tmp_path)
    checkpoint = open_checkpoint(tmp_path)
    with pytest.raises((ModelError, UsageError)):
        DataParallelEngine(checkpoint, None, ["cpu", "cuda:99"])
