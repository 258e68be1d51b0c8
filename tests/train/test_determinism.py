from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pertinent.train.determinism import LIMIT_OF_SEEDS, drawn_seed, identity
from support.tiny_runs import tiny_config

BASE = Path("base")
PLAIN = identity(tiny_config(BASE), "digest")


@pytest.mark.parametrize(
    "change",
    [{"steps": 7}, {"learning_rate": 1e-3}, {"kind": "embedder"}, {"student": {"max_tokens": 16}}],
    ids=str,
)
def test_what_decides_the_weights_makes_another_run(change: dict[str, Any]) -> None:
    assert identity(tiny_config(BASE, **change), "digest") != PLAIN


def test_seed_and_examples_make_another_run_too() -> None:
    config = tiny_config(BASE)
    assert identity(config, "other examples") != PLAIN
    assert identity(config.model_copy(update={"seed": 4}), "digest") != PLAIN


def test_when_it_is_saved_and_measured_does_not_matter() -> None:
    assert identity(tiny_config(BASE, save_every=1), "digest") == PLAIN


def test_every_batch_draws_numbers_of_its_own() -> None:
    seeds = {drawn_seed(seed, number) for seed in range(10) for number in range(100)}
    assert len(seeds) == 1000
    assert all(0 <= seed < LIMIT_OF_SEEDS for seed in seeds)
