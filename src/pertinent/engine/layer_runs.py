"""A converted decoder, loaded: runs of layers that any number of threads may call.

Keys and values stay as the plugin has them (bfloat16 where it computes in it) and go from one call
into the next without conversion.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino.preprocess import PrePostProcessor

from pertinent.engine.openvino_decoder import GROUP, MASKED
from pertinent.engine.quantized import FloatArray
from pertinent.errors import ModelError
from pertinent.families.decoder import DecoderShape

Precision: TypeAlias = Literal["f32", "bf16"]
"""What products of floats are computed in, as OpenVINO calls it."""

KEPT_KERNELS = 64
"""Kernels that a run keeps for each of its streams, enough for its layers to share. Lengths hardly recur, and
the plugin's own number, 5000, lets memory grow by a hundred megabytes with every query."""

RawArray: TypeAlias = npt.NDArray[Any]
"""Numbers as the plugin has them: float32, or the bits of bfloat16 as uint16."""


@dataclass(frozen=True, slots=True)
class Past:
    """Keys and values of tokens that stand before others.

    Parameters
    ----------
    tokens : int
        How many.
    keys, values : tuple[RawArray, ...]
        Of each layer: (1, kv_heads, tokens, head_dim).
    """

    tokens: int
    keys: tuple[RawArray, ...]
    values: tuple[RawArray, ...]

    @property
    def nbytes(self) -> int:
        """Memory taken."""
        return sum(array.nbytes for array in (*self.keys, *self.values))

    def of(self, layers: range) -> Past:
        """The part that some layers need."""
        return Past(self.tokens, *(kind[layers.start : layers.stop] for kind in (self.keys, self.values)))

    def followed_by(self, other: Past) -> Past:
        """Join with what comes after, for the same layers."""
        return Past(
            self.tokens + other.tokens,
            *(
                tuple(np.concatenate(pair, axis=2) for pair in zip(first, second, strict=True))
                for first, second in ((self.keys, other.keys), (self.values, other.values))
            ),
        )


class LayerRuns:
    """Compiled runs of layers.

    Parameters
    ----------
    graphs : Sequence[Path]
        What :func:`pertinent.engine.converted.converted` gives.
    shape : DecoderShape
        Sizes of the decoder.
    runs : Sequence[range]
        Layers of each graph.
    precision : {"f32", "bf16"}
        What products of floats are computed in.
    streams, threads : int
        Calls that run side by side, and the threads they share.

    Raises
    ------
    ModelError
        If OpenVINO does not accept a graph.
    """

    def __init__(
        self,
        graphs: Sequence[Path],
        shape: DecoderShape,
        runs: Sequence[range],
        precision: Precision,
        *,
        streams: int,
        threads: int,
    ) -> None:
        self.runs = runs
        self._shape = shape
        self._frequencies = np.concatenate([shape.rope_frequencies()] * 2)
        self._raw = (ov.Type.bf16, np.uint16) if precision == "bf16" else (ov.Type.f32, np.float32)
        self._requests = threading.local()
        options = {
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": precision,
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": GROUP,
            "CPU_RUNTIME_CACHE_CAPACITY": KEPT_KERNELS,
            # Each run has streams of its own, and two of them pinned to one core would leave another idle.
            "ENABLE_CPU_PINNING": False,
        }
        try:
            self._compiled = [
                core().compile_model(self._typed(core().read_model(graph)), "CPU", options)
                for graph in graphs
            ]
        except (RuntimeError, MemoryError) as error:
            raise ModelError(
                "OpenVINO does not load the converted model.",
                hint="Free memory; if it stays, upgrade openvino or use engine='torch'.",
            ) from error

    def _typed(self, model: ov.Model) -> ov.Model:
        """Let keys and values come and go in the type they are computed in."""
        steps = PrePostProcessor(model)
        for ports, port in ((model.inputs, steps.input), (model.outputs, steps.output)):
            for name in (found.get_any_name() for found in ports):
                if "keys." in name or "values." in name:
                    port(name).tensor().set_element_type(self._raw[0])
        return steps.build()

    def nothing(self) -> Past:
        """The past of a text's first token."""
        empty = np.zeros((1, self._shape.kv_heads, 0, self._shape.head_dim), self._raw[1])
        return Past(0, (empty,) * self._shape.layers, (empty,) * self._shape.layers)

    def call(
        self, place: int, states: FloatArray, past: Past, last: npt.NDArray[np.int32] | None
    ) -> tuple[FloatArray, Past]:
        """Run one run of layers over a batch.

        Parameters
        ----------
        place : int
            Which run.
        states : float32, shape (batch, tokens, hidden)
            What the run before it gave; embeddings for the first one.
        past : Past
            What stands before every sequence, for the layers of this run.
        last : int32, shape (batch,), or None
            The token of each sequence that is read. None, for a batch of one: keys and values are
            wanted instead.

        Returns
        -------
        states : float32, shape (batch, tokens, hidden)
            After these layers; after the decoder's last, (batch, hidden) of the tokens that are read.
        new : Past
            Keys and values of these tokens; empty where ``last`` is given.

        Raises
        ------
        ModelError
            If OpenVINO fails.
        """
        batch, tokens, _ = states.shape
        kept = tokens if last is None else 0
        angles = np.arange(past.tokens, past.tokens + tokens)[:, None] * self._frequencies
        mask = np.zeros((tokens, past.tokens + tokens), np.float32)
        mask[:, past.tokens :] = np.triu(np.full((tokens, tokens), MASKED, np.float32), 1)
        feed: dict[str, Any] = {
            "states": states,
            "cosines": np.cos(angles).astype(np.float32)[None, None],
            "sines": np.sin(angles).astype(np.float32)[None, None],
            "mask": mask[None, None],
            "kept": np.array([kept], np.int64),
        }
        layers = self.runs[place]
        if layers.stop == self._shape.layers:
            feed["last"] = np.zeros(batch, np.int32) if last is None else last
        for kind, arrays in (("keys", past.keys), ("values", past.values)):
            for layer, array in zip(layers, arrays, strict=True):
                feed[f"{kind}.{layer}"] = ov.Tensor(array, list(array.shape), self._raw[0])
        try:
            request = self._request(place)
            request.infer(feed, share_inputs=True)
            after = np.array(request.get_tensor("new_states").data, np.float32)
            keys, values = (
                tuple(self._copied(request, f"new_{kind}.{layer}") for layer in layers) if kept else ()
                for kind in ("keys", "values")
            )
        except (RuntimeError, MemoryError) as error:
            raise ModelError(
                "OpenVINO failed while it computed.",
                hint="Free memory or lower batch_tokens; if it stays, load the model again.",
            ) from error
        return after, Past(kept, keys, values)

    def _copied(self, request: ov.InferRequest, name: str) -> RawArray:
        # OpenVINO shows bfloat16 to numpy under the name float16; the bits are what counts.
        return np.array(request.get_tensor(name).data).view(self._raw[1])

    def _request(self, place: int) -> ov.InferRequest:
        """The calling thread's own request of a run."""
        own: dict[int, ov.InferRequest] | None = getattr(self._requests, "own", None)
        if own is None:
            own = self._requests.own = {}
        if place not in own:
            own[place] = self._compiled[place].create_infer_request()
        return own[place]


@cache
def core() -> ov.Core:
    """OpenVINO's runtime: one per process."""
    return ov.Core()


def best_precision() -> Precision:
    """Bfloat16 where the CPU has it."""
    return "bf16" if "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
