"""The torch engine: batches by token budget, the prefix once, one margin per sequence.

It needs numpy, safetensors, tokenizers and torch 2.6 or newer, and nothing else. It is the
reference that other engines are compared with, and the engine for GPUs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from pertinent.engine.batching import plan_sorted
from pertinent.engine.causal import Finished
from pertinent.engine.checkpoint import Checkpoint
from pertinent.engine.pruning import boundaries, estimates_below, keep
from pertinent.engine.quantized import FloatArray
from pertinent.engine.torch_decoder import TorchDecoder
from pertinent.engine.torch_device import choose_device, choose_dtype, plan_tokens
from pertinent.engine.torch_layout import KeysValues
from pertinent.errors import ModelError
from pertinent.families.tokens import TokenIds

REMEMBERED_PREFIXES = 4
"""First prefix parts whose keys and values are kept: one for each instruction in use."""

GROUP_TOKENS = 1 << 16
"""Tokens whose states stand in memory at once while candidates are dropped between layers."""


class TorchEngine:
    """Runs a decoder in torch; implements ``CausalEngine``.

    Parameters
    ----------
    checkpoint : Checkpoint
        The model.
    margin_vector : float32, shape (hidden,) | None
        What last states are multiplied with; None for an embedder.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"`` ...
    dtype : str
        ``"auto"``, ``"float32"``, ``"bfloat16"`` or ``"float16"``.
    batch_tokens : int | None
        Tokens of one batch at most; None plans it from free memory.
    threads : int
        CPU threads of this whole process; 0 leaves them as they are.
    compiled : bool
        Whether layers run through ``torch.compile``.

    Raises
    ------
    UsageError
        If there is no such device, or it cannot compute in that type.
    """

    name = "torch"

    def __init__(
        self,
        checkpoint: Checkpoint,
        margin_vector: FloatArray | None,
        *,
        device: str = "auto",
        dtype: str = "auto",
        batch_tokens: int | None = None,
        threads: int = 0,
        compiled: bool = False,
    ) -> None:
        if threads:
            torch.set_num_threads(threads)
        chosen = choose_device(device)
        kind = choose_dtype(dtype, chosen)
        self.dtype = str(kind).removeprefix("torch.")
        self.device = str(chosen)
        with torch.inference_mode():
            self._decoder = TorchDecoder(checkpoint, kind, chosen, compiled=compiled)
        self._margin_vector = None if margin_vector is None else torch.from_numpy(margin_vector).to(chosen)
        self._budget = batch_tokens or plan_tokens(checkpoint.shape, kind, chosen)
        self._remembered: OrderedDict[bytes, list[KeysValues]] = OrderedDict()
        self._lock = Lock()

    def margins(self, prefix: Sequence[TokenIds], tails: Sequence[TokenIds]) -> Finished:
        """Score tails that share a prefix (see ``CausalEngine.margins``)."""
        if tails:
            yield from self._batches(prefix, tails, self._margin)

    def states(self, sequences: Sequence[TokenIds]) -> Finished:
        """Read whole sequences (see ``CausalEngine.states``)."""
        yield from self._batches((), sequences, self._decoder.final)

    def pruned_margins(
        self, prefix: Sequence[TokenIds], tails: Sequence[TokenIds], top_k: int
    ) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """Score tails and drop hopeless ones between layers (see ``CausalEngine.pruned_margins``).

        Tails are looked at in groups of bounded size, longest first, each of which drops its own.
        """
        margins = np.zeros(len(tails), np.float32)
        exact = np.zeros(len(tails), np.bool_)
        with torch.inference_mode():
            before = self._prefix(prefix) if prefix else None
            for group in plan_sorted([len(tail) for tail in tails], GROUP_TOKENS):
                places = np.array(group)
                margins[places], exact[places] = self._prune([tails[place] for place in group], before, top_k)
        return margins, exact

    def _prune(
        self, tails: Sequence[TokenIds], before: list[KeysValues] | None, top_k: int
    ) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        decoder = self._decoder
        layers = decoder.shape.layers
        alive = np.arange(len(tails))
        states = [decoder.embed(tail) for tail in tails]
        dropped: list[tuple[npt.NDArray[np.int64], FloatArray]] = []
        first = 0
        lens = np.zeros(len(tails), np.float32)
        for stop in (*boundaries(layers), layers):
            for batch in plan_sorted([len(state) for state in states], self._budget):
                layout = decoder.layout(
                    [len(states[row]) for row in batch], before[0].tokens if before else 0
                )
                after = decoder.run(
                    torch.cat([states[row] for row in batch]), layout, before, range(first, stop)
                )
                last = after if stop == layers else after[layout.last]
                lens[list(batch)] = self._margin(last).float().cpu().numpy()
                if stop < layers:
                    for row, state in zip(batch, torch.split(after, layout.lengths), strict=True):
                        states[row] = state
            first = stop
            if stop < layers:
                going = keep(lens, top_k)
                dropped.append((alive[~going], lens[~going]))
                alive, lens = alive[going], lens[going]
                states = [state for state, goes in zip(states, going, strict=True) if goes]
        margins = np.empty(len(tails), np.float32)
        margins[alive] = lens
        estimates = estimates_below(float(lens.min()), [lenses for _, lenses in dropped])
        for (places, _), estimate in zip(dropped, estimates, strict=True):
            margins[places] = estimate
        return margins, np.isin(np.arange(len(tails)), alive)

    def _margin(self, states: torch.Tensor) -> torch.Tensor:
        if self._margin_vector is None:
            raise ModelError("This model has no head.", hint="Load it with Embedder.")
        return self._decoder.final(states) @ self._margin_vector

    def _batches(self, prefix: Sequence[TokenIds], tails: Sequence[TokenIds], read: Any) -> Finished:
        """Run everything, batch by batch; where memory does not suffice, in halves."""
        lengths = [len(tail) for tail in tails]
        waiting = plan_sorted(lengths, self._budget)[::-1]
        before: list[KeysValues] | None = None
        while waiting:
            places = waiting.pop()
            try:
                with torch.inference_mode():
                    if prefix and before is None:
                        before = self._prefix(prefix)
                    rows = read(self._run([tails[place] for place in places], before))
                    found = np.asarray(rows.float().cpu().numpy())
            except torch.OutOfMemoryError as error:
                if len(places) == 1:
                    raise ModelError(
                        f"{self.device} has not enough memory for a sequence of {lengths[places[0]]} tokens.",
                        hint="Free memory, or lower max_tokens.",
                    ) from error
                self._shrink()
                half = len(places) // 2
                waiting += [places[half:], places[:half]]
                continue
            yield places, found

    def _run(self, tails: Sequence[TokenIds], before: list[KeysValues] | None) -> torch.Tensor:
        decoder = self._decoder
        layout = decoder.layout([len(tail) for tail in tails], before[0].tokens if before else 0)
        states = decoder.embed(np.concatenate(tails))
        return decoder.run(states, layout, before, range(decoder.shape.layers))

    def _shrink(self) -> None:
        """Halve the budget of later calls and give cached blocks back."""
        self._budget = max(1, self._budget // 2)
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _prefix(self, parts: Sequence[TokenIds]) -> list[KeysValues] | None:
        """Keys and values of all parts; those of the first are remembered."""
        before: list[KeysValues] | None = None
        for place, ids in enumerate(parts):
            if not len(ids):
                continue
            if place > 0:
                before = self._decoder.run_prefix(ids, before)
                continue
            key = ids.tobytes()
            with self._lock:
                before = self._remembered.pop(key, None)
            if before is None:
                before = self._decoder.run_prefix(ids, None)
            with self._lock:
                self._remembered[key] = before
                if len(self._remembered) > REMEMBERED_PREFIXES:
                    self._remembered.popitem(last=False)
        return before
