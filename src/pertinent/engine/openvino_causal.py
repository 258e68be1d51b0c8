"""Decoders on CPU: converted once, then one number per text, many texts side by side.

Each batch is one thread's work from the first layer to the last: threads that share a batch wait
for each other. Reading one text on several threads goes by chunks instead: while a chunk is in the
second run of layers, the next is in the first.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pertinent.engine.batching import plan_batches
from pertinent.engine.causal import Finished
from pertinent.engine.causal_batches import (
    ATTENTION_CELLS,
    LENGTH_STEP,
    chunk_ends,
    groups,
    longest_chunk,
    padded,
)
from pertinent.engine.checkpoint import Checkpoint
from pertinent.engine.converted import converted, segments
from pertinent.engine.embedding_rows import EmbeddingRows
from pertinent.engine.layer_runs import LayerRuns, Past, best_precision
from pertinent.engine.pruning import boundaries, keep, settle
from pertinent.engine.quantized import FloatArray
from pertinent.engine.work import Work
from pertinent.errors import ModelError, UsageError
from pertinent.families.tokens import TokenIds
from pertinent.types import Progress

DTYPES = ("int8", "float32", "bfloat16")
"""Number types of the products with weights."""

BATCH_TOKENS = 1024
"""Tokens of one batch: more gain no speed."""

MAX_STREAMS = 8
"""Batches that run at the same time at most; with more threads than that, each gets several."""

SMALLEST_BATCH = 128
"""Tokens under which splitting work between streams gains nothing."""

REMEMBERED_BYTES = 64 << 20
"""Keys and values of first parts that are kept for later calls."""


class OpenVinoCausalEngine:
    """A :class:`~pertinent.engine.causal.CausalEngine` on CPU.

    Parameters
    ----------
    checkpoint : Checkpoint
        The model.
    margin_vector : float32, shape (hidden,), or None
        What the final state is multiplied with; None for embedders.
    cache : Path
        Folder of converted models.
    dtype : {"auto", "int8", "float32", "bfloat16"}
        Number type of the products with weights; auto is int8, which computes the rest in bfloat16
        where the CPU has it. Float32 is the exactness reference.
    batch_tokens : int | None
        Tokens of one batch at most, padding included; None is 1024.
    threads : int
        CPU threads; 0 takes all that this process may use.
    progress : Callable[[int, int], None] | None
        Told layers done and layers in all while converting.

    Raises
    ------
    UsageError
        If OpenVINO does not compute in that type.
    ModelError
        If the model cannot be converted or loaded.
    """

    name = "openvino"

    def __init__(
        self,
        checkpoint: Checkpoint,
        margin_vector: FloatArray | None,
        *,
        cache: Path,
        dtype: str = "auto",
        batch_tokens: int | None = None,
        threads: int = 0,
        progress: Progress | None = None,
    ) -> None:
        if dtype not in ("auto", *DTYPES):
            raise UsageError(
                f"OpenVINO does not compute in {dtype!r} here.",
                hint=f"Give one of: auto, {', '.join(DTYPES)}.",
            )
        self.dtype = "int8" if dtype == "auto" else dtype
        self._shape = checkpoint.shape
        self._margin_vector = margin_vector
        self._batch_tokens = batch_tokens or BATCH_TOKENS
        threads = threads or len(os.sched_getaffinity(0))
        self._streams = min(threads, MAX_STREAMS)
        graphs = converted(checkpoint, "int8" if self.dtype == "int8" else "float", cache, progress)
        self._runs = LayerRuns(
            graphs,
            self._shape,
            segments(self._shape.layers),
            best_precision() if self.dtype == "int8" else "f32" if self.dtype == "float32" else "bf16",
            streams=self._streams,
            threads=threads,
        )
        self._embedding = EmbeddingRows(checkpoint)
        self._norm = checkpoint.array("norm.weight")
        self._remembered: OrderedDict[bytes, Past] = OrderedDict()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(self._streams, thread_name_prefix="pertinent-openvino")

    def margins(self, prefix: Sequence[TokenIds], tails: Sequence[TokenIds]) -> Finished:
        """Score tails that share a prefix; see :class:`~pertinent.engine.causal.CausalEngine`."""
        with closing(self._last_states(prefix, tails)) as finished:
            for places, states in finished:
                yield places, self._margins_of(states)

    def states(self, sequences: Sequence[TokenIds]) -> Finished:
        """Read whole sequences; see :class:`~pertinent.engine.causal.CausalEngine`."""
        return self._last_states((), sequences)

    def pruned_margins(
        self, prefix: Sequence[TokenIds], tails: Sequence[TokenIds], top_k: int
    ) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """Score tails, dropping some between layers; see :class:`~pertinent.engine.causal.CausalEngine`.

        Tails too long for one batch are never dropped. Where there are very many tails they are
        pruned in groups, each of which keeps as many as the first ``top_k`` need.
        """
        margins = np.zeros(len(tails), np.float32)
        dropped: list[list[int]] = [[] for _ in self._runs.runs]
        with Work(self._pool, 2 * self._streams) as work:
            past = self._past(work, prefix)
            long, short = self._sorted(tails, past)
            for place in long:
                margins[place] = self._margins_of(self._one(work, past, tails[place]))[0]
            for group in groups(short, tails):
                self._prune(work, past, tails, group, top_k, margins, dropped)
        return margins, settle(margins, dropped)

    def _prune(
        self,
        work: Work,
        past: Past,
        tails: Sequence[TokenIds],
        group: list[int],
        top_k: int,
        margins: FloatArray,
        dropped: list[list[int]],
    ) -> None:
        """Write exact or lens margins of a group, and who fell out after which run of layers."""
        states: dict[int, FloatArray] = {}

        def step(run: int, places: list[int], length: int) -> tuple[list[int], FloatArray]:
            work.check()
            ids, last = padded([tails[place] for place in places], length)
            before = np.stack([states[place] for place in places]) if run else self._embedding.of(ids)
            return places, self._runs.call(run, before, past.of(self._runs.runs[run]), last)[0]

        for run, layers in enumerate(self._runs.runs):
            plan = self._plan(group, tails, past)
            for places, after in work.run([partial(step, run, *batch) for batch in plan]):
                states.update(zip(places, after, strict=True))
            final = layers.stop == self._shape.layers
            if not final and layers.stop not in boundaries(self._shape.layers):
                continue
            read = [states[place] if final else states[place][len(tails[place]) - 1] for place in group]
            margins[group] = lens = self._margins_of(self._normed(np.stack(read)))
            if not final:
                kept = keep(lens, top_k)
                dropped[run] += [place for place, stays in zip(group, kept, strict=True) if not stays]
                group = [place for place, stays in zip(group, kept, strict=True) if stays]
                states = {place: states[place] for place in group}

    def _last_states(self, prefix: Sequence[TokenIds], tails: Sequence[TokenIds]) -> Finished:
        """Final, normed states of the tails' last tokens, longest tails first."""
        if not tails:
            return
        with Work(self._pool, 2 * self._streams) as work:
            past = self._past(work, prefix)
            long, short = self._sorted(tails, past)
            for place in long:
                yield (place,), self._one(work, past, tails[place])

            def through(places: list[int], length: int) -> tuple[tuple[int, ...], FloatArray]:
                return tuple(places), self._through(work, past, [tails[place] for place in places], length)

            yield from work.run(partial(through, *batch) for batch in self._plan(short, tails, past))

    def _one(self, work: Work, past: Past, tail: TokenIds) -> FloatArray:
        """Read a long tail by itself: (1, hidden)."""
        *_, start, end = (0, *chunk_ends(len(tail), past.tokens))
        past = self._read(work, past, tail[:start])
        return next(work.run([lambda: self._through(work, past, [tail[start:]], end - start)]))

    def _through(self, work: Work, past: Past, tails: Sequence[TokenIds], length: int) -> FloatArray:
        """Take a batch through all layers: (len(tails), hidden)."""
        ids, last = padded(tails, length)
        states = self._embedding.of(ids)
        for run, layers in enumerate(self._runs.runs):
            work.check()
            states, _ = self._runs.call(run, states, past.of(layers), last)
        return self._normed(states)

    def _past(self, work: Work, prefix: Sequence[TokenIds]) -> Past:
        """Keys and values of a prefix; those of its first part are remembered."""
        past = self._runs.nothing()
        for place, part in enumerate(prefix):
            key = np.asarray(part, np.int32).tobytes()
            with self._lock:
                known = self._remembered.get(key) if place == 0 else None
                if known is not None:
                    self._remembered.move_to_end(key)
            past = self._read(work, past, part) if known is None else known
            if place == 0:
                self._remember(key, past)
        return past

    def _remember(self, key: bytes, past: Past) -> None:
        with self._lock:
            self._remembered[key] = past
            while sum(kept.nbytes for kept in self._remembered.values()) > REMEMBERED_BYTES:
                self._remembered.popitem(last=False)

    def _read(self, work: Work, past: Past, ids: TokenIds) -> Past:
        """Extend a past; a chunk of the text enters a run of layers as the chunk before leaves it."""
        runs = self._runs.runs
        ends = chunk_ends(len(ids), past.tokens)
        states = [self._embedding.of(ids[start:end])[None] for start, end in pairwise((0, *ends))]
        pasts = [past.of(layers) for layers in runs]
        for beat in range(len(states) + len(runs) - 1) if states else ():
            pairs = [(run, beat - run) for run in range(len(runs)) if 0 <= beat - run < len(states)]
            jobs = [partial(self._runs.call, run, states[chunk], pasts[run], None) for run, chunk in pairs]
            for (run, chunk), (after, new) in zip(pairs, work.run(jobs), strict=True):
                states[chunk] = after
                pasts[run] = pasts[run].followed_by(new)
        keys, values = (
            [array for part in pasts for array in getattr(part, kind)] for kind in ("keys", "values")
        )
        return Past(past.tokens + len(ids), tuple(keys), tuple(values))

    def _sorted(self, tails: Sequence[TokenIds], past: Past) -> tuple[list[int], list[int]]:
        """Places of tails that go by themselves, longest first, and of those that go in batches."""
        limit = longest_chunk(past.tokens)
        order = sorted(range(len(tails)), key=lambda place: -len(tails[place]))
        count = sum(len(tail) > limit for tail in tails)
        return order[:count], order[count:]

    def _plan(self, places: list[int], tails: Sequence[TokenIds], past: Past) -> list[tuple[list[int], int]]:
        """Batches of places, and the length each is padded to."""
        lengths = [len(tails[place]) for place in places]
        # Several batches a stream, so that none waits long for the last one.
        share = max(SMALLEST_BATCH, sum(lengths) // (4 * self._streams))
        cells = ATTENTION_CELLS // (past.tokens + max(lengths, default=0) + 1)
        batches = plan_batches(lengths, min(self._batch_tokens, share, cells), LENGTH_STEP)
        return [([places[row] for row in batch.indices], batch.length) for batch in batches]

    def _normed(self, states: FloatArray) -> FloatArray:
        """The final RMS norm: (texts, hidden)."""
        square = np.mean(states * states, axis=1, keepdims=True)
        return np.asarray(states / np.sqrt(square + self._shape.norm_epsilon) * self._norm, np.float32)

    def _margins_of(self, states: FloatArray) -> FloatArray:
        if self._margin_vector is None:
            raise ModelError("The model has no head to read an answer from.", hint="Load it with Embedder.")
        # Not a matrix product, whose rounding would depend on the number of rows.
        return np.asarray(np.sum(states * self._margin_vector, axis=1), np.float32)
