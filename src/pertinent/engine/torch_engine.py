"""The torch engine: batches by token budget, the prefix once, one margin per sequence.

It needs numpy, safetensors, tokenizers and torch 2.6 or newer, and nothing else. It is the
reference that other engines are compared with, and the engine for GPUs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator, Sequence
from functools import partial
from threading import Lock
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from pertinent.engine.batching import plan_sorted
from pertinent.engine.causal import Finished
from pertinent.engine.checkpoint import Checkpoint
from pertinent.engine.pruning import boundaries, keep, settle
from pertinent.engine.quantized import FloatArray
from pertinent.engine.torch_decoder import TorchDecoder
from pertinent.engine.torch_device import (
    choose_device,
    choose_dtype,
    is_out_of_memory,
    plan_tokens,
    prefix_tokens,
)
from pertinent.engine.torch_layout import KeysValues
from pertinent.errors import ModelError
from pertinent.families.tokens import TokenIds

REMEMBERED_PREFIXES = 4
"""First prefix parts whose keys and values are kept: one for each instruction in use."""

REMEMBERED_TOKENS = 512
"""Tokens of such a part beyond which it is not kept: each takes some hundred kilobytes."""

GROWTH = 8
"""A budget that was halved grows by this part of itself with every call that memory sufficed for."""

GROUP_TOKENS = 1 << 16
"""Tokens whose states stand in memory at once while candidates are dropped between layers."""

Places: TypeAlias = Sequence[int]
Past: TypeAlias = list[KeysValues] | None
"""Keys and values of a prefix in every layer."""


class TorchEngine:
    """Runs a decoder in torch; implements ``CausalEngine``.

    Parameters
    ----------
    checkpoint : Checkpoint
        The model.
    margin_vector : float32, shape (hidden,) | None
        What last states are multiplied with; None for an embedder.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` ...
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
        If there is no such device or type.
    ModelError
        If the device has not enough memory for the weights.
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
        try:
            with torch.inference_mode():
                self._decoder = TorchDecoder(checkpoint, kind, chosen, compiled=compiled)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise self._no_memory("the model") from error
            raise
        self._margin_vector = None if margin_vector is None else torch.from_numpy(margin_vector).to(chosen)
        self._most = batch_tokens or plan_tokens(checkpoint.shape, kind, chosen)
        self._budget = self._most
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
        dropped: list[list[int]] = [[] for _ in boundaries(self._decoder.shape.layers)]
        with torch.inference_mode():
            before = self._prefix(prefix)
            for group in plan_sorted([len(tail) for tail in tails], GROUP_TOKENS):
                self._prune(tails, list(group), before, top_k, margins, dropped)
        return margins, settle(margins, dropped)

    def _prune(
        self,
        tails: Sequence[TokenIds],
        group: list[int],
        before: Past,
        top_k: int,
        margins: FloatArray,
        dropped: list[list[int]],
    ) -> None:
        """Write exact or lens margins of a group, and who fell out at which boundary."""
        layers = self._decoder.shape.layers
        states = {place: self._decoder.embed(tails[place]) for place in group}
        first = 0
        for number, stop in enumerate((*boundaries(layers), layers)):
            step = partial(self._advance, states, before, range(first, stop))
            for places, lens in self._in_batches(group, tails, before, step):
                margins[list(places)] = lens
            first = stop
            if stop < layers:
                going = keep(margins[group], top_k)
                dropped[number] += [place for place, goes in zip(group, going, strict=True) if not goes]
                group = [place for place, goes in zip(group, going, strict=True) if goes]
                states = {place: states[place] for place in group}

    def _advance(
        self, states: dict[int, torch.Tensor], before: Past, layers: range, places: Places
    ) -> FloatArray:
        """Take the states of some texts through some layers; margins as the last of these sees them."""
        chosen = [states[place] for place in places]
        layout = self._decoder.layout([len(text) for text in chosen], _tokens(before))
        after = self._decoder.run(torch.cat(chosen), layout, before, layers)
        if layers.stop == self._decoder.shape.layers:
            return _array(self._margin(after))
        margins = _array(self._margin(after[layout.last]))
        states.update(zip(places, torch.split(after, layout.lengths), strict=True))
        return margins

    def _margin(self, states: torch.Tensor) -> torch.Tensor:
        if self._margin_vector is None:
            raise ModelError("This model has no head.", hint="Load it with Embedder.")
        return self._decoder.final(states) @ self._margin_vector

    def _batches(
        self,
        prefix: Sequence[TokenIds],
        tails: Sequence[TokenIds],
        read: Callable[[torch.Tensor], torch.Tensor],
    ) -> Finished:
        """Run everything, batch by batch."""
        with torch.inference_mode():
            before = self._prefix(prefix)

        def run(places: Places) -> FloatArray:
            with torch.inference_mode():
                return _array(read(self._run([tails[place] for place in places], before)))

        yield from self._in_batches(range(len(tails)), tails, before, run)

    def _in_batches(
        self,
        places: Places,
        tails: Sequence[TokenIds],
        before: Past,
        run: Callable[[Places], FloatArray],
    ) -> Generator[tuple[tuple[int, ...], FloatArray], None, None]:
        """Call ``run`` with as many places as memory holds, longest tails first; fewer where it does not."""
        extra = prefix_tokens(self._decoder.shape, _tokens(before))
        waiting = self._plan(places, tails, extra)
        sufficed = True
        while waiting:
            batch = waiting.pop()
            try:
                found = run(batch)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            else:
                yield batch, found
                continue
            # Out of the handler, where the error has let go of what the batch held.
            sufficed = False
            longest = len(tails[batch[0]])
            if len(batch) == 1:
                raise self._no_memory(f"a sequence of {longest} tokens")
            self._budget = max(1, len(batch) * (longest + extra) // 2)
            if self.device.startswith("cuda"):
                torch.cuda.empty_cache()
            waiting = self._plan([*batch, *(place for later in waiting for place in later)], tails, extra)
        if sufficed:  # what took the memory may have gone
            self._budget = min(self._most, self._budget + self._budget // GROWTH + 1)

    def _plan(self, places: Places, tails: Sequence[TokenIds], extra: int) -> list[tuple[int, ...]]:
        """Batches within the budget, the longest tails in the last one."""
        batches = plan_sorted([len(tails[place]) for place in places], self._budget, extra)
        return [tuple(places[row] for row in batch) for batch in reversed(batches)]

    def _run(self, tails: Sequence[TokenIds], before: Past) -> torch.Tensor:
        decoder = self._decoder
        layout = decoder.layout([len(tail) for tail in tails], _tokens(before))
        states = decoder.embed(np.concatenate(tails))
        return decoder.run(states, layout, before, range(decoder.shape.layers))

    def _no_memory(self, what: str) -> ModelError:
        return ModelError(
            f"{self.device} has not enough memory for {what}.",
            hint="Free memory, or take a smaller model, a smaller dtype or a lower max_tokens.",
        )

    def _prefix(self, parts: Sequence[TokenIds]) -> Past:
        """Keys and values of all parts; those of the first are remembered."""
        try:
            return self._read_prefix(parts)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise self._no_memory(f"a prompt of {sum(map(len, parts))} tokens") from error
            raise

    def _read_prefix(self, parts: Sequence[TokenIds]) -> Past:
        before: Past = None
        for place, ids in enumerate(parts):
            if not len(ids):
                continue
            if place > 0 or len(ids) > REMEMBERED_TOKENS:
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


def _tokens(before: Past) -> int:
    return before[0].tokens if before else 0


def _array(rows: torch.Tensor) -> FloatArray:
    return np.asarray(rows.cpu().numpy(), np.float32)
