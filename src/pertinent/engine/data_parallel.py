"""Several devices at once: one process and one torch engine for each, sequences handed out in parts.

Every process holds the whole model, so this is for throughput, not for models that are too large
for one device. A device takes its next part when it has finished one, so a slower one gets fewer.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from pertinent.engine.causal import Finished
from pertinent.engine.checkpoint import Checkpoint
from pertinent.engine.quantized import FloatArray
from pertinent.errors import ModelError, PertinentError, UsageError
from pertinent.families.tokens import TokenIds

PARTS_PER_DEVICE = 4
"""Parts that each device gets if all are equally fast: few enough to fill batches, enough to even out."""

SMALLEST_PART = 16
"""Sequences that are not worth dividing."""

PART_TOKENS = 1 << 14
"""Tokens after which a part ends: whoever stops a call waits for those that have begun, at the latest on
leaving the program."""

Job: TypeAlias = Literal["margins", "states"]


class DataParallelEngine:
    """Runs one torch engine per device; implements ``CausalEngine``.

    Scripts that use it need the usual ``if __name__ == "__main__":``, because its processes are
    started afresh.

    Parameters
    ----------
    checkpoint : Checkpoint
        The model; each process opens it by its path.
    margin_vector : float32, shape (hidden,) | None
        See ``TorchEngine``.
    devices : Sequence[str]
        One process each; a device may be named twice.
    options : Any
        Further options of ``TorchEngine``.

    Raises
    ------
    ModelError
        If a process cannot load the model.
    UsageError
        If there is no such device or type, or the devices choose different types by themselves.
    """

    name = "torch"

    def __init__(
        self,
        checkpoint: Checkpoint,
        margin_vector: FloatArray | None,
        devices: Sequence[str],
        **options: Any,
    ) -> None:
        context = multiprocessing.get_context("spawn")
        path = str(checkpoint.path.absolute())
        self._workers = [
            ProcessPoolExecutor(1, context, _load, (path, margin_vector, {**options, "device": device}))
            for device in devices
        ]
        self.device = ",".join(devices)
        try:
            # Waits until all have loaded, so that a fault shows here.
            types = {_result(future) for future in [worker.submit(_dtype) for worker in self._workers]}
            if len(types) > 1:
                raise UsageError(
                    f"The devices compute in different types: {', '.join(sorted(types))}.",
                    hint="Name the dtype that all of them should take.",
                )
        except BaseException:
            for worker in self._workers:
                worker.shutdown(wait=False, cancel_futures=True)
            raise
        self.dtype = types.pop()

    def margins(self, prefix: Sequence[TokenIds], tails: Sequence[TokenIds]) -> Finished:
        """Score tails that share a prefix (see ``CausalEngine.margins``)."""
        yield from self._hand_out("margins", list(prefix), tails)

    def states(self, sequences: Sequence[TokenIds]) -> Finished:
        """Read whole sequences (see ``CausalEngine.states``)."""
        yield from self._hand_out("states", [], sequences)

    def pruned_margins(
        self, prefix: Sequence[TokenIds], tails: Sequence[TokenIds], top_k: int
    ) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """Score tails and drop hopeless ones, on the first device (see ``CausalEngine.pruned_margins``).

        Which ones are hopeless shows only beside all others, so this work is not divided.
        """
        margins, exact = _result(self._workers[0].submit(_prune, list(prefix), list(tails), top_k))
        return margins, exact

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.shutdown(wait=True, cancel_futures=True)

    def _hand_out(self, job: Job, prefix: list[TokenIds], sequences: Sequence[TokenIds]) -> Finished:
        # Sequences of one part are of similar length, so that its batches are full.
        order = sorted(range(len(sequences)), key=lambda place: -len(sequences[place]))
        size = max(SMALLEST_PART, -(-len(order) // (PARTS_PER_DEVICE * len(self._workers))))
        waiting = _parts(order, sequences, size)[::-1]
        running: dict[Future[FloatArray], tuple[ProcessPoolExecutor, list[int]]] = {}

        def start(worker: ProcessPoolExecutor) -> None:
            if waiting:
                places = waiting.pop()
                future = worker.submit(_run, job, prefix, [sequences[place] for place in places])
                running[future] = worker, places

        for worker in self._workers:
            start(worker)
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                worker, places = running.pop(future)
                rows = _result(future)
                start(worker)
                yield tuple(places), rows


def _parts(order: list[int], sequences: Sequence[TokenIds], most: int) -> list[list[int]]:
    """Cut sequences into parts of bounded number and length; a longer one is a part of its own."""
    parts: list[list[int]] = []
    room = -1
    for place in order:
        room -= len(sequences[place])
        if room < 0 or len(parts[-1]) == most:
            parts.append([])
            room = PART_TOKENS - len(sequences[place])
        parts[-1].append(place)
    return parts


_engine: Any = None
"""The engine of a worker process, or why there is none."""


def _load(path: str, margin_vector: FloatArray | None, options: dict[str, Any]) -> None:
    global _engine  # noqa: PLW0603 (a worker process has one)
    from pertinent.engine.checkpoint import open_checkpoint
    from pertinent.engine.torch_engine import TorchEngine

    # Ctrl-C is for the process that handed the work out; this one is ended by it, or ends with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _engine = TorchEngine(open_checkpoint(Path(path)), margin_vector, **options)
    except PertinentError as error:
        _engine = error  # raised here, it would be printed and its message lost


def _end_with_parent() -> None:
    """Hold no weights for a process that was killed and could not say so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _dtype() -> str:
    if isinstance(_engine, PertinentError):
        raise _engine
    return str(_engine.dtype)


def _run(job: Job, prefix: list[TokenIds], sequences: list[TokenIds]) -> FloatArray:
    batches = _engine.margins(prefix, sequences) if job == "margins" else _engine.states(sequences)
    found: list[Any] = [None] * len(sequences)
    for places, rows in batches:
        for place, row in zip(places, rows, strict=True):
            found[place] = row
    return np.array(found, np.float32)


def _prune(
    prefix: list[TokenIds], tails: list[TokenIds], top_k: int
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    margins, exact = _engine.pruned_margins(prefix, tails, top_k)
    return margins, exact


def _result(future: Future[Any]) -> Any:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise ModelError(
            "A process of the model ended.",
            hint='Check each device alone; scripts need `if __name__ == "__main__":`; free memory.',
        ) from error
