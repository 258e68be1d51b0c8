"""Where sequences lie when they stand end to end."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from pertinent.engine.torch_layout import KeysValues, Layout

FREQUENCIES = torch.tensor([1.0, 0.1])


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(0, 7))
def test_every_token_has_its_place(lengths: list[int], prefix: int) -> None:
    layout = Layout.plan(lengths, prefix, FREQUENCIES, torch.float32)
    longest = max(lengths)
    places = [(row, position) for row, length in enumerate(lengths) for position in range(length)]
    assert layout.longest == longest
    assert layout.slots.tolist() == [row * longest + position for row, position in places]
    assert [places[last] for last in layout.last.tolist()] == [(r, n - 1) for r, n in enumerate(lengths)]
    angles = torch.tensor([[prefix + position] for _, position in places]) * FREQUENCIES
    assert torch.allclose(layout.cosines, angles.cos())
    assert torch.allclose(layout.sines, angles.sin())


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(0, 7))
def test_the_prefix_stands_before_every_sequence(lengths: list[int], prefix: int) -> None:
    layout = Layout.plan(lengths, prefix, FREQUENCIES, torch.float32)
    shared = [("prefix", place) for place in range(prefix)]
    own = [[(row, position) for position in range(length)] for row, length in enumerate(lengths)]
    joined = shared + [token for tokens in own for token in tokens]
    expected = [token for tokens in own for token in shared + tokens]
    assert [joined[place] for place in layout.behind.tolist()] == expected


def test_keys_and_values_follow_others() -> None:
    first, second = (
        KeysValues(torch.full((n, 1, 2), float(n)), torch.full((n, 1, 2), float(-n))) for n in (2, 3)
    )
    both = second.after(first)
    assert (first.tokens, second.after(None).tokens, both.tokens) == (2, 3, 5)
    assert both.keys[:, 0, 0].tolist() == [2, 2, 3, 3, 3]
    assert both.values[:, 0, 0].tolist() == [-2, -2, -3, -3, -3]
