"""Where torch runs, in which numbers, and how many tokens fit there."""

from __future__ import annotations

import os
import re
from pathlib import Path

import torch

from pertinent.errors import UsageError
from pertinent.families.decoder import DecoderShape

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

FEWEST_TOKENS = 512
MOST_TOKENS = {"cpu": 1 << 13, "cuda": 1 << 17}
"""Tokens of one batch beyond which a larger one is no faster."""

MEMORY_SHARE = 0.5
"""Share of the free memory that one batch may take."""

MEMORY_FILE = Path("/proc/meminfo")
"""Where Linux tells what can be had; what is merely free leaves out the files it keeps in memory."""


def choose_device(name: str) -> torch.device:
    """The device of that name; for ``"auto"`` the first GPU, else the CPU.

    Raises
    ------
    UsageError
        If torch does not know it, or it is not there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(
            f"There is no device {name!r} ({type(error).__name__}).",
            hint='Give "cpu", "cuda", "cuda:1" or "auto", and a torch that was built for it.',
        ) from error
    return device


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """The number type of that name; for ``"auto"`` bfloat16 where the device computes in it, else float32.

    Raises
    ------
    UsageError
        If there is no such type.
    """
    if name == "auto":
        return torch.bfloat16 if _has_bfloat16(device) else torch.float32
    if name not in DTYPES:
        raise UsageError(f"There is no dtype {name!r} in torch.", hint=f"Give auto, {', '.join(DTYPES)}.")
    return DTYPES[name]


def plan_tokens(shape: DecoderShape, dtype: torch.dtype, device: torch.device) -> int:
    """Tokens of one batch that the free memory holds comfortably.

    Examples
    --------
    >>> config = {"model_type": "llama", "vocab_size": 8, "hidden_size": 64, "intermediate_size": 96,
    ...     "num_hidden_layers": 1, "num_attention_heads": 4, "rms_norm_eps": 1e-6,
    ...     "max_position_embeddings": 512}
    >>> plan_tokens(DecoderShape.from_config(config), torch.float32, torch.device("cpu")) >= 512
    True
    """
    fit = int(MEMORY_SHARE * _free_bytes(device)) // (dtype.itemsize * _token_numbers(shape))
    return max(FEWEST_TOKENS, min(fit, MOST_TOKENS.get(device.type, MOST_TOKENS["cpu"])))


def prefix_tokens(shape: DecoderShape, prefix: int) -> int:
    """What a prefix takes for each sequence, which has a copy of its keys and values, in tokens of a batch.

    Examples
    --------
    >>> config = {"model_type": "llama", "vocab_size": 8, "hidden_size": 64, "intermediate_size": 96,
    ...     "num_hidden_layers": 1, "num_attention_heads": 4, "rms_norm_eps": 1e-6,
    ...     "max_position_embeddings": 512}
    >>> shape = DecoderShape.from_config(config)
    >>> prefix_tokens(shape, 0), prefix_tokens(shape, 1000)
    (0, 178)
    """
    # Where one kernel does not share keys between heads, torch repeats them for each.
    copied = 2 * (shape.heads + shape.kv_heads) * shape.head_dim
    return -(-prefix * copied // _token_numbers(shape))


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether torch had no memory: that error only, in the words of its allocator on CPU."""
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator: can't allocate" in str(error)


def _token_numbers(shape: DecoderShape) -> int:
    """Numbers that a layer holds for one token of a batch."""
    attention = (2 * shape.heads + 4 * shape.kv_heads) * shape.head_dim
    # States before, between and after; three products of the feed-forward; attention padded and not.
    return 6 * shape.hidden + 3 * shape.intermediate + 2 * attention


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # A torch without that library has no such operation to ask.
    has_library = device.type == "cpu" and bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
    return has_library and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _free_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    try:
        found = re.search(r"^MemAvailable:\s*(\d+) kB$", MEMORY_FILE.read_text(), re.MULTILINE)
    except OSError:
        found = None
    return int(found[1]) * 1024 if found else os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
