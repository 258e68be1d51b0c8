"""Attention over sequences that stand end to end and share a prefix.

Where the device has a kernel for sequences of different lengths, nothing is padded: flash-attn's, or
torch's own in versions where that lets heads share keys. Everywhere else the sequences are padded for
the attention alone and run through ``scaled_dot_product_attention``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from inspect import signature
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F  # noqa: N812

from pertinent.engine.torch_layout import KeysValues, Layout

SCORE_CELLS = 1 << 27
"""Attention scores that stand in memory at once, should the device have no kernel that needs less."""

VarlenKernel: TypeAlias = Callable[
    [torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, int, int], torch.Tensor
]
"""(queries, keys, values, query starts, key starts, longest query, longest key) -> attended."""


def attend(queries: torch.Tensor, own: KeysValues, prefix: KeysValues | None, layout: Layout) -> torch.Tensor:
    """Let each token see the prefix and what stands before it in its own sequence.

    Parameters
    ----------
    queries : shape (tokens, heads, head_dim)
    own : KeysValues
        Of the same tokens.
    prefix : KeysValues | None
        What all sequences follow.
    layout : Layout
        Where each sequence lies.

    Returns
    -------
    shape (tokens, heads, head_dim)
    """
    kernel = _kernel_for(queries)
    if kernel is not None:
        return _attend_unpadded(kernel, queries, own, prefix, layout)
    rows, longest = len(layout.lengths), layout.longest
    keys, values = (_after_prefix(_pad(x, layout), past) for x, past in _pairs(own, prefix))
    padded = _pad(queries, layout)
    # A long text's tokens go in turns: its mask alone, 32,768 tokens squared, would take gigabytes.
    turn = max(1, SCORE_CELLS // (padded.shape[0] * padded.shape[1] * (layout.prefix + longest)))
    turns = [
        _attend_padded(padded, keys, values, layout.prefix, start, min(start + turn, longest))
        for start in range(0, longest, turn)
    ]
    attended = turns[0] if len(turns) == 1 else torch.cat(turns, dim=2)
    return attended.transpose(1, 2).reshape(rows * longest, *queries.shape[1:])[layout.slots]


def attend_last(
    queries: torch.Tensor, own: KeysValues, prefix: KeysValues | None, layout: Layout
) -> torch.Tensor:
    """Let the last token of each sequence see the prefix and its whole sequence.

    Parameters
    ----------
    queries : shape (sequences, heads, head_dim)

    Returns
    -------
    shape (sequences, heads, head_dim)
    """
    keys, values = (_after_prefix(_pad(x, layout), past) for x, past in _pairs(own, prefix))
    seen = torch.tensor(layout.lengths, device=queries.device)[:, None] + layout.prefix
    mask = torch.arange(layout.prefix + layout.longest, device=queries.device) < seen
    attended = F.scaled_dot_product_attention(
        queries[:, :, None], keys, values, attn_mask=mask[:, None, None], enable_gqa=True
    )
    return attended[:, :, 0]


@cache
def varlen_kernel() -> VarlenKernel | None:
    """The best kernel for unpadded sequences that is installed; None where there is none."""
    try:
        from flash_attn import flash_attn_varlen_func  # type: ignore[import-not-found]

        def flash(q: Any, k: Any, v: Any, starts: Any, key_starts: Any, most: int, most_keys: int) -> Any:
            return flash_attn_varlen_func(q, k, v, starts, key_starts, most, most_keys, causal=True)

        return flash
    except ImportError:
        pass
    try:
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:
        return None
    if not {"window_size", "enable_gqa"} <= signature(varlen_attn).parameters.keys():
        return None  # the first versions knew neither

    def own(q: Any, k: Any, v: Any, starts: Any, key_starts: Any, most: int, most_keys: int) -> Any:
        return varlen_attn(q, k, v, starts, key_starts, most, most_keys, window_size=(-1, 0), enable_gqa=True)

    return own


def _kernel_for(queries: torch.Tensor) -> VarlenKernel | None:
    if not queries.is_cuda or queries.dtype == torch.float32:
        return None
    # Both kernels are written for Ampere and later; an older card can still compute in float16.
    return varlen_kernel() if torch.cuda.get_device_capability(queries.device) >= (8, 0) else None


def _attend_unpadded(
    kernel: VarlenKernel,
    queries: torch.Tensor,
    own: KeysValues,
    prefix: KeysValues | None,
    layout: Layout,
) -> torch.Tensor:
    starts = F.pad(layout.last + 1, (1, 0)).to(torch.int32)
    rows = torch.arange(len(layout.lengths) + 1, device=queries.device, dtype=torch.int32)
    keys, values = (
        x if past is None else torch.cat((past, x))[layout.behind] for x, past in _pairs(own, prefix)
    )
    most = layout.longest
    key_starts = starts + rows * layout.prefix
    return kernel(queries, keys, values, starts, key_starts, most, most + layout.prefix)


def _attend_padded(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, prefix: int, start: int, end: int
) -> torch.Tensor:
    """Let the tokens from start to end of padded sequences see what stands before them."""
    seen = prefix + end
    # Padding stands behind every token of its sequence, so causality alone hides it.
    mask = torch.ones(end - start, seen, dtype=torch.bool, device=queries.device).tril(prefix + start)
    return F.scaled_dot_product_attention(
        queries[:, :, start:end], keys[:, :, :seen], values[:, :, :seen], attn_mask=mask, enable_gqa=True
    )


def _pairs(
    own: KeysValues, prefix: KeysValues | None
) -> tuple[tuple[torch.Tensor, torch.Tensor | None], ...]:
    return (
        (own.keys, prefix.keys if prefix else None),
        (own.values, prefix.values if prefix else None),
    )


def _pad(x: torch.Tensor, layout: Layout) -> torch.Tensor:
    """(tokens, heads, head_dim) -> (sequences, heads, longest, head_dim), zeros at the right."""
    padded = x.new_zeros(len(layout.lengths) * layout.longest, *x.shape[1:])
    padded[layout.slots] = x
    return padded.view(len(layout.lengths), layout.longest, *x.shape[1:]).transpose(1, 2)


def _after_prefix(padded: torch.Tensor, past: torch.Tensor | None) -> torch.Tensor:
    if past is None:
        return padded
    shared = past.transpose(0, 1).expand(padded.shape[0], -1, -1, -1)
    return torch.cat((shared, padded), dim=2)
