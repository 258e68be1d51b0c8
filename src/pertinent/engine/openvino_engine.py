"""The forward pass on CPU: a compiled OpenVINO graph that any number of threads may use.

Weights are int8, and activations are quantised to int8 token by token, in groups of
``QUANTIZATION_GROUP`` values, so a token's numbers never depend on another sequence. What is not
an integer product runs in bfloat16 where the CPU has it, in float32 elsewhere, so margins differ a
little between machines (``benchmarks/engine_speed.py`` tells how far they lie from float32). In float32 a
margin is the same to the last bit in every batch; in bfloat16 the shape of the batch moves its rounding.

Batches run side by side, one thread each, because threads that share a batch wait for each other.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from functools import cache
from threading import Lock

import numpy as np
import numpy.typing as npt
import openvino as ov

from pertinent.engine.batching import Batch, padded_length, plan_batches
from pertinent.engine.quantized import FloatArray
from pertinent.errors import ModelError
from pertinent.families.bert import BertInput

QUANTIZATION_GROUP = 128

MAX_STREAMS = 8
"""Batches that run at the same time at most; with more threads than that, each gets several."""

SMALLEST_BATCH = 512
"""Tokens under which splitting work between streams gains nothing."""

EFFICIENT_BATCH = 2048
"""Tokens that a batch should have where there is enough work: products of few rows are slow."""

KEPT_KERNELS = 256
"""Kernels that each stream keeps for the shapes it saw last. OpenVINO's own bound is 5,000, and until that is
reached every new shape takes memory, in a server for hours."""


class OpenVinoEngine:
    """Runs token sequences through a graph, batch by batch.

    Parameters
    ----------
    graph : bytes
        OpenVINO IR (XML).
    weights : bytes
        Its constants.
    threads : int
        CPU threads; 0 takes all that this process may use.
    token_budget : int
        Tokens of one batch, padding included: bounds the memory of a forward pass.

    Attributes
    ----------
    outputs : int
        Width of one output row.
    positions : int | None
        Rows of the position table: the longest sequence that the graph reads; None if it has none.

    Raises
    ------
    ModelError
        If OpenVINO does not accept the graph.
    """

    def __init__(self, graph: bytes, weights: bytes, *, threads: int = 0, token_budget: int = 4096) -> None:
        threads = threads or len(os.sched_getaffinity(0))
        self._streams = min(threads, MAX_STREAMS)
        self._token_budget = token_budget
        # The tensor is a view of this buffer, which has to live as long as the graph.
        self._constants = np.frombuffer(weights, np.uint8)
        options = {
            "NUM_STREAMS": self._streams,
            "INFERENCE_NUM_THREADS": threads,
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": QUANTIZATION_GROUP,
            "INFERENCE_PRECISION_HINT": _float_type(),
            "CPU_RUNTIME_CACHE_CAPACITY": KEPT_KERNELS,
        }
        try:
            model = _core().read_model(graph, ov.Tensor(self._constants, [len(weights)], ov.Type.u8))
            self.positions = _positions(model)
            self._compiled = _core().compile_model(model, "CPU", options)
            self.outputs = int(self._compiled.outputs[0].get_partial_shape()[1].get_length())
        except (RuntimeError, IndexError) as error:
            raise ModelError(
                "OpenVINO does not accept the model.", hint="Build the folder again, or upgrade openvino."
            ) from error
        self._inputs = [parameter.get_any_name() for parameter in self._compiled.inputs]
        self._idle: list[ov.InferRequest] = []
        self._lock = Lock()

    def run(
        self, sequences: Sequence[BertInput]
    ) -> Generator[tuple[tuple[int, ...], FloatArray], None, None]:
        """Run sequences, longest first; close the iterator to stop early.

        Parameters
        ----------
        sequences : Sequence[BertInput]
            What the model reads.

        Yields
        ------
        indices : tuple[int, ...]
            Places of one batch in ``sequences``.
        rows : float32, shape (len(indices), outputs)
            What the model says of each.

        Raises
        ------
        ModelError
            If OpenVINO fails while it computes.
        """
        lengths = [len(sequence.ids) for sequence in sequences]
        # Several batches a stream, so that none waits long for the last; but none too small to be efficient.
        of_a_stream = sum(map(padded_length, lengths)) // self._streams
        share = max(of_a_stream // 4, min(of_a_stream, EFFICIENT_BATCH), SMALLEST_BATCH)
        running: deque[tuple[Batch, ov.InferRequest, object]] = deque()
        try:
            for batch in plan_batches(lengths, min(self._token_budget, share)):
                if len(running) == 2 * self._streams:
                    yield self._finish(*running.popleft())
                request, feed = self._borrow(), self._fill(batch, sequences)
                try:
                    request.start_async(feed, share_inputs=True)
                except RuntimeError as error:
                    raise _failed() from error
                running.append((batch, request, feed))
            while running:
                yield self._finish(*running.popleft())
        finally:
            for _, request, _ in running:
                # One failure is told already, or nobody wants the results any more.
                with suppress(RuntimeError):
                    request.wait()

    def _finish(
        self, batch: Batch, request: ov.InferRequest, feed: object
    ) -> tuple[tuple[int, ...], FloatArray]:
        try:
            request.wait()
            rows = np.array(request.get_output_tensor(0).data, np.float32)
        except RuntimeError as error:
            raise _failed() from error
        del feed  # shared with the request until here
        with self._lock:
            self._idle.append(request)
        return batch.indices, rows

    def _fill(self, batch: Batch, sequences: Sequence[BertInput]) -> dict[str, npt.NDArray[np.int32]]:
        shape = (len(batch.indices), batch.length)
        ids, types, mask = (np.zeros(shape, np.int32) for _ in range(3))
        for row, index in enumerate(batch.indices):
            sequence = sequences[index]
            tokens = len(sequence.ids)
            ids[row, :tokens] = sequence.ids
            types[row, sequence.segment : tokens] = 1
            mask[row, :tokens] = 1
        feed = {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}
        return {name: feed[name] for name in self._inputs}

    def _borrow(self) -> ov.InferRequest:
        """Take an idle request, or make one: each call of ``run`` has at most two a stream."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._compiled.create_infer_request()


def _positions(model: ov.Model) -> int | None:
    """Rows of the table that is looked up by the counted positions 0, 1, 2, ..."""
    for node in model.get_ops():
        if node.get_type_name() == "Gather" and node.input_value(1).get_node().get_type_name() == "Range":
            return int(node.input_value(0).get_partial_shape()[0].get_length())
    return None


def _failed() -> ModelError:
    return ModelError(
        "OpenVINO failed while it computed.",
        hint="Free memory or lower batch_tokens; if it stays, load the model again or upgrade openvino.",
    )


@cache
def _core() -> ov.Core:
    return ov.Core()


@cache
def _float_type() -> str:
    return "bf16" if "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
