"""The forward pass on CPU: a compiled OpenVINO graph that any number of threads may use.

Weights are int8 and activations are quantised to int8 per token, in groups of
``QUANTIZATION_GROUP`` values, so a token's numbers never depend on another sequence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from threading import Lock

import numpy as np
import numpy.typing as npt
import openvino as ov

from pertinent.engine.batching import Batch, plan_batches
from pertinent.engine.quantized import FloatArray
from pertinent.errors import ModelError
from pertinent.families.bert import BertInput

QUANTIZATION_GROUP = 128


class OpenVinoEngine:
    """Runs token sequences through a graph, batch by batch.

    Parameters
    ----------
    graph : bytes
        OpenVINO IR (XML).
    weights : bytearray
        Its constants.
    threads : int
        CPU threads; 0 lets OpenVINO choose.
    token_budget : int
        Tokens of one batch, padding included: bounds the memory of a forward pass.

    Raises
    ------
    ModelError
        If OpenVINO does not accept the graph.
    """

    def __init__(
        self, graph: bytes, weights: bytearray, *, threads: int = 0, token_budget: int = 4096
    ) -> None:
        # The tensor is a view: the buffer has to live as long as the graph.
        self._constants = np.frombuffer(weights, np.uint8)
        self._token_budget = token_budget
        options: dict[str, str | int] = {
            "PERFORMANCE_HINT": "LATENCY",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": QUANTIZATION_GROUP,
            "INFERENCE_PRECISION_HINT": "f32",
        }
        if threads:
            options["INFERENCE_NUM_THREADS"] = threads
        try:
            model = _core().read_model(graph, ov.Tensor(self._constants, [len(weights)], ov.Type.u8))
            self._compiled = _core().compile_model(model, "CPU", options)
        except RuntimeError as error:
            raise ModelError(
                "OpenVINO does not accept the model.", hint="Build the folder again, or upgrade openvino."
            ) from error
        self._inputs = [parameter.get_any_name() for parameter in self._compiled.inputs]
        self._idle: list[ov.InferRequest] = []
        self._lock = Lock()

    @property
    def outputs(self) -> int:
        """Width of one output row."""
        return int(self._compiled.outputs[0].get_partial_shape()[1].get_length())

    def run(self, sequences: Sequence[BertInput]) -> Iterator[tuple[tuple[int, ...], FloatArray]]:
        """Run sequences, longest first.

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
        """
        for batch in plan_batches([len(sequence.ids) for sequence in sequences], self._token_budget):
            feed = self._fill(batch, sequences)
            with self._request() as request:
                request.infer(feed, share_inputs=True)
                rows = np.array(request.get_output_tensor(0).data, np.float32)
            yield batch.indices, rows

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

    @contextmanager
    def _request(self) -> Iterator[ov.InferRequest]:
        """Lend an inference request; there are as many as threads that run at the same time."""
        with self._lock:
            request = self._idle.pop() if self._idle else None
        if request is None:
            request = self._compiled.create_infer_request()
        try:
            yield request
        finally:
            with self._lock:
                self._idle.append(request)


@cache
def _core() -> ov.Core:
    return ov.Core()
