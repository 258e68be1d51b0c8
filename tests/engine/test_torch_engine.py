"""The torch engine: batches that do not matter, memory that runs out, candidates that are dropped."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.engine.checkpoint import Checkpoint, open_checkpoint
from pertinent.engine.torch_engine import REMEMBERED_TOKENS, TorchEngine
from pertinent.errors import ModelError, UsageError
from pertinent.families.tokens import TokenIds
from support.tiny_models import random_ids, tiny_model

BOUND = 1e-4
"""How far a float32 margin may move with the batch it is in."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder = tmp_path_factory.mktemp("model")
    tiny_model(folder, "qwen3", layers=8)
    return open_checkpoint(folder)


def engine(checkpoint: Checkpoint, **options: Any) -> TorchEngine:
    vector = checkpoint.margin_vector(7, 9)
    return TorchEngine(checkpoint, vector, **{"device": "cpu", "dtype": "float32", **options})


def margins(engine: TorchEngine, prefix: list[TokenIds], tails: list[TokenIds]) -> np.ndarray:
    found = np.full(len(tails), np.nan)
    for places, rows in engine.margins(prefix, tails):
        found[list(places)] = rows
    return found


@settings(max_examples=25)
@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    budget=st.integers(1, 400),
    seed=st.integers(0, 1000),
)
def test_a_margin_does_not_depend_on_batch_order_or_neighbours(
    checkpoint: Checkpoint, lengths: list[int], budget: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    prefix = [random_ids(generator, 9), random_ids(generator, 5)]
    tails = [random_ids(generator, length) for length in lengths]
    order = generator.permutation(len(tails))
    together = margins(engine(checkpoint, batch_tokens=budget), prefix, [tails[place] for place in order])
    alone = [margins(engine(checkpoint), prefix, [tails[place]])[0] for place in order]
    assert np.abs(together - alone).max() <= BOUND


def test_nothing_is_scored_without_tails(checkpoint: Checkpoint) -> None:
    assert list(engine(checkpoint).margins([np.array([5], np.int32)], [])) == []


def test_out_of_memory_halves_the_batch_and_goes_on(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = engine(checkpoint)
    run, sizes = tested._run, []

    def short_of_memory(tails: list[TokenIds], before: Any) -> torch.Tensor:
        sizes.append(len(tails))
        if len(tails) > 3:
            raise torch.OutOfMemoryError("full")
        return run(tails, before)

    generator = np.random.default_rng(2)
    tails = [random_ids(generator, 8) for _ in range(16)]
    expected = margins(engine(checkpoint), [], tails)
    monkeypatch.setattr(tested, "_run", short_of_memory)
    assert np.abs(margins(tested, [], tails) - expected).max() <= BOUND
    assert sizes[0] == 16
    assert sum(size for size in sizes if size <= 3) == 16
    before = len(sizes)
    margins(tested, [], tails)
    assert sizes[before] < 16, "the budget stays lower"


def test_one_shortage_halves_the_batches_once(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = engine(checkpoint, batch_tokens=64)
    run, sizes = tested._run, []

    def short_of_memory(tails: list[TokenIds], before: Any) -> torch.Tensor:
        sizes.append(len(tails))
        if len(tails) > 4:
            raise torch.OutOfMemoryError("full")
        return run(tails, before)

    monkeypatch.setattr(tested, "_run", short_of_memory)
    margins(tested, [], [np.arange(2, 10, dtype=np.int32)] * 40)
    assert sizes == [8] + [4] * 10


def test_the_budget_grows_back(checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    tested = engine(checkpoint, batch_tokens=64)
    run, full = tested._run, [torch.OutOfMemoryError("full")] * 3

    def short_of_memory_at_first(tails: list[TokenIds], before: Any) -> torch.Tensor:
        if full:
            raise full.pop()
        return run(tails, before)

    monkeypatch.setattr(tested, "_run", short_of_memory_at_first)
    tails = [np.arange(2, 10, dtype=np.int32)] * 8
    margins(tested, [], tails)
    assert tested._budget == 8
    for _ in range(30):
        margins(tested, [], tails)
    assert tested._budget == 64


def test_a_long_prefix_counts_for_every_sequence(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each sequence of a batch has a copy of its keys and values, however short the sequence is."""
    tested = engine(checkpoint, batch_tokens=800)
    run, sizes = tested._run, []
    monkeypatch.setattr(tested, "_run", lambda *given: sizes.append(len(given[0])) or run(*given))
    generator = np.random.default_rng(8)
    tails = [random_ids(generator, 2) for _ in range(100)]
    margins(tested, [], tails)
    assert sizes == [100]
    sizes.clear()
    margins(tested, [random_ids(generator, 3000)], tails)
    assert max(sizes) <= 2


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("full"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] . DefaultCPUAllocator: can't allocate memory: ..."),
    ],
)
def test_a_shortage_is_met_wherever_it_shows(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch, error: RuntimeError
) -> None:
    tested = engine(checkpoint)
    generator = np.random.default_rng(9)
    prefix, tails = [random_ids(generator, 4)], [random_ids(generator, 8) for _ in range(16)]
    expected, _ = tested.pruned_margins(prefix, tails, 16)
    run, sizes = tested._decoder.run, []

    def short_of_memory(states: torch.Tensor, layout: Any, *rest: Any) -> torch.Tensor:
        sizes.append(len(layout.lengths))
        if len(layout.lengths) > 3:
            raise error
        return run(states, layout, *rest)

    monkeypatch.setattr(tested._decoder, "run", short_of_memory)
    found, exact = tested.pruned_margins(prefix, tails, 16)
    assert exact.all()
    assert np.abs(found - expected).max() <= BOUND
    assert sizes[0] == 16

    def full(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(tested._decoder, "run", full)
    monkeypatch.setattr(tested._decoder, "run_prefix", full)
    with pytest.raises(ModelError, match="not enough memory for a sequence of 8 tokens"):
        tested.pruned_margins([], tails, 2)
    with pytest.raises(ModelError, match="not enough memory for a prompt of 3 tokens"):
        margins(tested, [np.array([1, 2, 3], np.int32)], tails)
    monkeypatch.setattr("pertinent.engine.torch_engine.TorchDecoder", full)
    with pytest.raises(ModelError, match="not enough memory for the model"):
        engine(checkpoint)


def test_the_memory_of_a_failed_batch_is_free_before_the_next(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = engine(checkpoint)
    run, held = tested._run, []

    def short_of_memory(tails: list[TokenIds], before: Any) -> torch.Tensor:
        assert all(reference() is None for reference in held)
        if len(tails) > 3:
            large = torch.zeros(10)
            held.append(weakref.ref(large))
            raise torch.OutOfMemoryError("full")
        return run(tails, before)

    monkeypatch.setattr(tested, "_run", short_of_memory)
    margins(tested, [], [np.arange(2, 10, dtype=np.int32)] * 8)
    assert len(held) == 2


def test_one_sequence_too_many_for_the_memory_is_told(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = engine(checkpoint)

    def full(*_: object) -> torch.Tensor:
        raise torch.OutOfMemoryError("full")

    monkeypatch.setattr(tested, "_run", full)
    with pytest.raises(ModelError, match="not enough memory for a sequence of 3 tokens"):
        margins(tested, [], [np.array([1, 2, 3], np.int32)])


def test_other_faults_are_not_taken_for_a_lack_of_memory(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = engine(checkpoint)

    def broken(*_: object) -> torch.Tensor:
        raise RuntimeError("shape mismatch")

    monkeypatch.setattr(tested, "_run", broken)
    with pytest.raises(RuntimeError, match="shape mismatch"):
        margins(tested, [], [np.array([1, 2, 3], np.int32)])


def test_the_first_part_of_a_prefix_is_computed_once(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = engine(checkpoint)
    run, lengths = tested._decoder.run_prefix, []

    def counted(ids: TokenIds, before: Any) -> Any:
        lengths.append(len(ids))
        return run(ids, before)

    monkeypatch.setattr(tested._decoder, "run_prefix", counted)
    generator = np.random.default_rng(3)
    fixed = random_ids(generator, 20)
    for _ in range(3):
        margins(tested, [fixed, random_ids(generator, 4)], [random_ids(generator, 6)])
    assert lengths == [20, 4, 4, 4]
    for length in range(30, 36):  # more first parts than are remembered
        margins(tested, [random_ids(generator, length)], [random_ids(generator, 6)])
    assert len(tested._remembered) == 4
    kept = list(tested._remembered)
    margins(tested, [random_ids(generator, REMEMBERED_TOKENS + 1)], [random_ids(generator, 6)])
    assert list(tested._remembered) == kept, "too long to be kept"


def test_closing_the_generator_stops_the_work(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = engine(checkpoint, batch_tokens=16)
    run, calls = tested._run, []
    monkeypatch.setattr(tested, "_run", lambda *given: calls.append(1) or run(*given))
    batches = tested.margins([], [np.array([1, 2, 3, 4], np.int32)] * 10_000)
    next(batches)
    batches.close()
    assert len(calls) == 1


def test_pruning_keeps_exact_margins_exact_and_puts_the_rest_below(checkpoint: Checkpoint) -> None:
    generator = np.random.default_rng(4)
    prefix = [random_ids(generator, 9)]
    tails = [random_ids(generator, int(n)) for n in generator.integers(1, 30, 40)]
    tested = engine(checkpoint, batch_tokens=200)
    expected = margins(tested, prefix, tails)
    found, exact = tested.pruned_margins(prefix, tails, 3)
    assert np.abs(found[exact] - expected[exact]).max() <= BOUND
    assert 3 <= exact.sum() < 40
    assert found[~exact].max() < found[exact].min()
    everything, all_exact = tested.pruned_margins(prefix, tails, 40)
    assert all_exact.all()
    assert np.abs(everything - expected).max() <= BOUND


def test_pruning_works_in_groups(checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pertinent.engine.torch_engine.GROUP_TOKENS", 128)
    generator = np.random.default_rng(5)
    tails = [random_ids(generator, 16) for _ in range(32)]
    found, exact = engine(checkpoint).pruned_margins([], tails, 2)
    assert np.isfinite(found).all()
    assert 4 * 2 <= exact.sum() < 32
    assert found[~exact].max() < found[exact].min()


def test_pruning_tells_of_margins_that_are_no_numbers(checkpoint: Checkpoint) -> None:
    vector = np.full(64, np.nan, np.float32)
    found, exact = TorchEngine(checkpoint, vector, device="cpu").pruned_margins(
        [], [np.arange(2, 6, dtype=np.int32)] * 8, 2
    )
    assert np.isnan(found).all()
    assert exact.all()


def test_an_embedder_gives_no_margins(checkpoint: Checkpoint) -> None:
    tested = TorchEngine(checkpoint, None, device="cpu")
    with pytest.raises(ModelError, match="no head"):
        margins(tested, [], [np.array([1], np.int32)])


@pytest.mark.parametrize("option", [{"device": "tpu9"}, {"device": "cuda:99"}, {"dtype": "int3"}])
def test_unknown_devices_and_types_are_refused(checkpoint: Checkpoint, option: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        engine(checkpoint, **option)


def test_compiled_layers_say_the_same(checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(torch, "compile", lambda function, **how: asked.append(how) or function)
    generator = np.random.default_rng(7)
    tails = [random_ids(generator, n) for n in (3, 17)]
    found = margins(engine(checkpoint, compiled=True), [], tails)
    assert asked == [{"dynamic": True}]
    assert np.abs(found - margins(engine(checkpoint), [], tails)).max() <= BOUND
