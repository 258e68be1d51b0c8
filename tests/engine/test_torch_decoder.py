"""The torch forward pass says what transformers says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pertinent.engine.checkpoint import open_checkpoint
from pertinent.engine.torch_engine import TorchEngine
from pertinent.families.tokens import TokenIds
from support.tiny_models import KINDS, Kind, random_ids, reference_margin, reference_state, tiny_model

YES, NO = 7, 9
BOUNDS = {"float32": 1e-3, "bfloat16": 0.5}
"""How far margins may lie from float32 transformers, on models whose margins are some units wide."""


def margins(engine: TorchEngine, prefix: list[TokenIds], tails: list[TokenIds]) -> np.ndarray:
    found = np.full(len(tails), np.nan)
    for places, rows in engine.margins(prefix, tails):
        found[list(places)] = rows
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("count", [1, 2, 64])
def test_parity_with_transformers(kind: Kind, dtype: str, count: int, tmp_path: Path) -> None:
    model = tiny_model(tmp_path, kind, seed=count)
    checkpoint = open_checkpoint(tmp_path)
    engine = TorchEngine(
        checkpoint, checkpoint.margin_vector(YES, NO), device="cpu", dtype=dtype, batch_tokens=300
    )
    generator = np.random.default_rng(count)
    prefix = [random_ids(generator, 11), random_ids(generator, 7)]
    tails = [random_ids(generator, int(n)) for n in generator.integers(1, 60, count)]
    expected = [reference_margin(model, np.concatenate([*prefix, tail]), YES, NO) for tail in tails]
    assert np.abs(margins(engine, prefix, tails) - expected).max() <= BOUNDS[dtype]


@pytest.mark.parametrize("parts", [(), (5,), (0, 5), (5, 0), (3, 4, 5)])
def test_a_prefix_may_come_in_any_parts(parts: tuple[int, ...], tmp_path: Path) -> None:
    model = tiny_model(tmp_path)
    checkpoint = open_checkpoint(tmp_path)
    engine = TorchEngine(checkpoint, checkpoint.margin_vector(YES, NO), device="cpu", dtype="float32")
    generator = np.random.default_rng(0)
    prefix = [random_ids(generator, n) for n in parts]
    tails = [random_ids(generator, n) for n in (1, 9, 4)]
    expected = [reference_margin(model, np.concatenate([*prefix, tail]), YES, NO) for tail in tails]
    for _ in range(2):  # the second time the first part is remembered
        assert np.abs(margins(engine, prefix, tails) - expected).max() <= BOUNDS["float32"]


@pytest.mark.parametrize("kind", KINDS)
def test_states_are_the_models_last_ones(kind: Kind, tmp_path: Path) -> None:
    model = tiny_model(tmp_path, kind, shard_bytes="100KB")
    engine = TorchEngine(open_checkpoint(tmp_path), None, device="cpu", dtype="float32", batch_tokens=64)
    generator = np.random.default_rng(1)
    sequences = [random_ids(generator, n) for n in (1, 30, 7, 64, 90)]
    for places, states in engine.states(sequences):
        for place, state in zip(places, states, strict=True):
            assert np.abs(state - reference_state(model, sequences[place])).max() <= BOUNDS["float32"]
