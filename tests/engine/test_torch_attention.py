"""Attention: without padding, in turns, and by the kernel that the machine has."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from pertinent.engine import torch_attention
from pertinent.engine.checkpoint import open_checkpoint
from pertinent.engine.torch_engine import TorchEngine
from pertinent.families.tokens import TokenIds
from support.tiny_models import random_ids, tiny_model

BOUND = 1e-4


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> TorchEngine:
    folder = tmp_path_factory.mktemp("model")
    tiny_model(folder, "qwen3")
    checkpoint = open_checkpoint(folder)
    return TorchEngine(checkpoint, checkpoint.margin_vector(7, 9), device="cpu", dtype="float32")


def margins(engine: TorchEngine, prefix: list[TokenIds], tails: list[TokenIds]) -> np.ndarray:
    found = np.full(len(tails), np.nan)
    for places, rows in engine.margins(prefix, tails):
        found[list(places)] = rows
    return found


def test_attention_without_padding_agrees_with_padded(
    tested: TorchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel for unpadded sequences, written plainly, sees the right keys for every query."""

    def kernel(q: Any, k: Any, v: Any, starts: Any, key_starts: Any, most: int, most_keys: int) -> Any:
        pieces = []
        for row in range(len(starts) - 1):
            own, keys = slice(starts[row], starts[row + 1]), slice(key_starts[row], key_starts[row + 1])
            queries, count, known = (
                q[own],
                starts[row + 1] - starts[row],
                key_starts[row + 1] - key_starts[row],
            )
            assert count <= most
            assert known <= most_keys
            mask = torch.ones(count, known, dtype=torch.bool).tril(int(known - count))
            attended = torch.nn.functional.scaled_dot_product_attention(
                queries.transpose(0, 1)[None],
                k[keys].transpose(0, 1)[None],
                v[keys].transpose(0, 1)[None],
                attn_mask=mask,
                enable_gqa=True,
            )
            pieces.append(attended[0].transpose(0, 1))
        return torch.cat(pieces)

    generator = np.random.default_rng(6)
    prefix = [random_ids(generator, 9)]
    tails = [random_ids(generator, n) for n in (3, 17, 1, 8)]
    expected = margins(tested, prefix, tails), margins(tested, [], tails)
    monkeypatch.setattr(torch_attention, "_kernel_for", lambda queries: kernel)
    assert np.abs(margins(tested, prefix, tails) - expected[0]).max() <= BOUND
    assert np.abs(margins(tested, [], tails) - expected[1]).max() <= BOUND


def test_long_texts_are_attended_to_in_turns(tested: TorchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(10)
    prefix, tails = [random_ids(generator, 9)], [random_ids(generator, n) for n in (100, 3, 64)]
    expected = margins(tested, prefix, tails), margins(tested, [], tails)
    cells = []
    attend = torch.nn.functional.scaled_dot_product_attention

    def counted(q: Any, k: Any, v: Any, **how: Any) -> torch.Tensor:
        cells.append(q.shape[0] * q.shape[1] * q.shape[2] * k.shape[2])
        return attend(q, k, v, **how)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", counted)
    monkeypatch.setattr(torch_attention, "SCORE_CELLS", 10_000)
    assert np.abs(margins(tested, prefix, tails) - expected[0]).max() <= BOUND
    assert np.abs(margins(tested, [], tails) - expected[1]).max() <= BOUND
    assert max(cells) <= 10_000


@pytest.mark.parametrize("known", [("q", "is_causal"), ("q", "window_size", "enable_gqa")])
def test_a_kernel_that_cannot_share_keys_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, known: tuple[str, ...]
) -> None:
    """The first torch versions with such a kernel had another call for it."""
    kernel = eval(f"lambda {', '.join(known)}: None")
    monkeypatch.setitem(sys.modules, "flash_attn", None)
    monkeypatch.setitem(sys.modules, "torch.nn.attention.varlen", SimpleNamespace(varlen_attn=kernel))
    found = torch_attention.varlen_kernel.__wrapped__()
    assert (found is not None) == ("enable_gqa" in known)


@pytest.mark.parametrize(("capability", "usable"), [((7, 5), False), ((8, 0), True), ((9, 0), True)])
def test_old_cards_pad(monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], usable: bool) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(torch_attention, "varlen_kernel", lambda: "kernel")
    queries = SimpleNamespace(is_cuda=True, dtype=torch.float16, device="cuda")
    assert (torch_attention._kernel_for(queries) is not None) == usable
