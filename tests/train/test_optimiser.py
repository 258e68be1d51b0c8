"""What an optimiser remembers survives as bytes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from pertinent.errors import ModelError
from pertinent.train.optimiser import make_optimiser, pack, unpack


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4))


def update(module: nn.Module, optimiser: torch.optim.AdamW, number: int) -> None:
    for group in optimiser.param_groups:
        group["lr"] = 0.1
    torch.manual_seed(number)
    (module(torch.rand(5, 3)) ** 3).mean().backward()
    optimiser.step()
    optimiser.zero_grad()


def test_an_update_after_unpacking_is_the_same() -> None:
    first = network()
    optimiser = make_optimiser(first, weight_decay=0.1)
    update(first, optimiser, 1)
    second = network()
    second.load_state_dict(first.state_dict())
    other = make_optimiser(second, weight_decay=0.1)
    unpack(pack(optimiser, first), other, second)
    for module, each in ((first, optimiser), (second, other)):
        update(module, each, 2)
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    assert all(torch.equal(one, two) for one, two in pairs)


def test_only_matrices_decay() -> None:
    groups = make_optimiser(network(), weight_decay=0.1).param_groups
    assert [(group["weight_decay"], {each.ndim for each in group["params"]}) for group in groups] == [
        (0.1, {2}),
        (0.0, {1}),
    ]


@pytest.mark.parametrize(
    "other", [nn.Sequential(nn.Linear(3, 4)), nn.Sequential(nn.Linear(2, 4), nn.LayerNorm(4))]
)
def test_another_model_is_refused(other: nn.Module) -> None:
    module = network()
    optimiser = make_optimiser(module, weight_decay=0)
    update(module, optimiser, 1)
    with pytest.raises(ModelError, match="another model"):
        unpack(pack(optimiser, module), make_optimiser(other, weight_decay=0), other)
    with pytest.raises(ModelError):
        unpack(b"nothing", optimiser, module)
