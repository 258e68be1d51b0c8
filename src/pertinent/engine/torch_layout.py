"""Where sequences lie when they stand end to end, and the keys and values they follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class KeysValues:
    """Keys and values of a run of tokens in one layer: each of shape (tokens, kv_heads, head_dim)."""

    keys: torch.Tensor
    values: torch.Tensor

    @property
    def tokens(self) -> int:
        """How many."""
        return self.keys.shape[0]

    def after(self, past: KeysValues | None) -> KeysValues:
        """These, put after others."""
        if past is None:
            return self
        return KeysValues(torch.cat((past.keys, self.keys)), torch.cat((past.values, self.values)))


@dataclass(frozen=True, slots=True)
class Layout:
    """Sequences that stand end to end and all follow one prefix.

    Parameters
    ----------
    lengths : list[int]
        Tokens of each.
    prefix : int
        Tokens before each; their positions go on from there.
    cosines, sines : shape (tokens, head_dim / 2)
        Of each token's rotary angles.
    last : int64, shape (sequences,)
        Place of the last token of each.
    slots : int64, shape (tokens,)
        Place of each token when the sequences are padded at the right to the longest: sequence x
        longest + position.
    behind : int64, shape (tokens + sequences x prefix,)
        Places, in the prefix followed by all tokens, that make the prefix stand before each sequence.
    """

    lengths: list[int]
    prefix: int
    cosines: torch.Tensor
    sines: torch.Tensor
    last: torch.Tensor
    slots: torch.Tensor
    behind: torch.Tensor

    @classmethod
    def plan(
        cls, lengths: Sequence[int], prefix: int, frequencies: torch.Tensor, dtype: torch.dtype
    ) -> Layout:
        """Plan the layout of sequences with these lengths on the device of the frequencies."""
        device = frequencies.device
        counts = torch.tensor(lengths, device=device)
        ends = counts.cumsum(0)
        owners = torch.repeat_interleave(torch.arange(len(lengths), device=device), counts)
        positions = torch.arange(int(sum(lengths)), device=device) - (ends - counts)[owners]
        whole = torch.repeat_interleave(counts + prefix)
        begins = torch.arange(len(lengths), device=device) * prefix + ends - counts
        places = torch.arange(len(whole), device=device) - begins[whole]
        behind = torch.where(places < prefix, places, places + (ends - counts)[whole])
        angles = (positions + prefix).float()[:, None] * frequencies
        return cls(
            lengths=list(lengths),
            prefix=prefix,
            cosines=angles.cos().to(dtype),
            sines=angles.sin().to(dtype),
            last=ends - 1,
            slots=owners * max(lengths) + positions,
            behind=behind,
        )

    @property
    def longest(self) -> int:
        """Tokens of the longest sequence."""
        return max(self.lengths)
