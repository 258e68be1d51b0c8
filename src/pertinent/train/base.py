"""What a student begins with: weights, the sizes they have, and the tokenizer, from a folder.

A folder holds ``tokenizer.json`` and one of ``model.safetensors`` (a model of Hugging Face, or a checkpoint
of ours) and ``*.onnx``. ``config.json`` says how many heads share the width; where it is missing, they follow
the published models of that width.

A shallower student begins with chosen layers of a deeper one: Sanh et al. 2019 (DistilBERT, arXiv:1910.01108)
take every other one, Sajjad et al. 2020 (arXiv:2004.03844) compare choices.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from pertinent.engine.bert_graph import BertShape
from pertinent.engine.model_folder import TOKENIZER_FILE
from pertinent.engine.quantized import FloatArray, QuantizedMatrix
from pertinent.engine.token_pruning import TokenPruning, check_pruning
from pertinent.errors import ModelError, UsageError
from pertinent.train.parts import has_file, read_parts
from pertinent.train.published import read_onnx, read_safetensors

Weights: TypeAlias = Mapping[str, FloatArray]
"""Arrays by their name in ``BertModel``, without ``bert.``."""

WORDS = "embeddings.word_embeddings.weight"
CONFIG_FILE = "config.json"
PRUNING = "token_pruning"
"""Name in ``config.json`` for pairs of layers and shares (see ``engine.token_pruning``)."""
WEIGHTS_FILE = "model.safetensors"
MOST_BYTES = 64 << 20
"""A larger configuration or tokenizer is none."""

HEADS = {128: 2, 256: 4, 312: 12, 384: 12, 512: 8, 768: 12, 1024: 16}
"""Attention heads of the published encoders, by their width."""

_LAYER = re.compile(r"encoder\.layer\.(\d+)\.(.+)")
_HINT = "Give the folder of a BERT with config.json, tokenizer.json and model.safetensors or an ONNX file."


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """What a student begins with.

    Parameters
    ----------
    weights : Mapping[str, float32 array]
        By name in ``BertModel``, without ``bert.``.
    shape : BertShape
        Sizes.
    tokenizer : bytes
        ``tokenizer.json``.
    """

    weights: Weights
    shape: BertShape
    tokenizer: bytes


def find_base(name: str, folder: Path | None) -> Path:
    """Folder of a base: beside the other weights, or where its name leads by itself.

    Raises
    ------
    UsageError
        If there is none.
    """
    for path in ([] if folder is None else [folder / name]) + [Path(name)]:
        if path.is_dir():
            return path
    raise UsageError(f"There is no base {name!r}.", hint="Give --weights, or the path of its folder.")


def read_base(path: Path) -> Base:
    """Read the folder of a base; matrices on an integer grid become floats.

    Raises
    ------
    ModelError
        If something is missing, damaged or no BERT.
    """
    weights = _weights(path)
    if WORDS not in weights:
        raise ModelError(f"{path.name} holds no BERT encoder.", hint=_HINT)
    config: Mapping[str, Any] = {}
    if (path / CONFIG_FILE).exists():
        config = _config(path / CONFIG_FILE)
    width = weights[WORDS].shape[1]
    heads = config.get("num_attention_heads", HEADS.get(width))
    epsilon = config.get("layer_norm_eps", 1e-12)
    activation = config.get("hidden_act", "gelu")
    if type(heads) is not int or heads < 1 or width % heads or not isinstance(epsilon, float):
        raise ModelError(f"{path.name} does not say how many heads it has.", hint=_HINT)
    if activation != "gelu":
        raise ModelError(f"{path.name} has another activation than BERT's gelu.", hint=_HINT)
    shape = shape_of(weights, heads, epsilon)
    pruning = _pruning(config.get(PRUNING, []), path)
    check_pruning(pruning, shape.layers)
    return Base(weights, replace(shape, pruning=pruning), _bytes(path / TOKENIZER_FILE))


def _pruning(found: Any, path: Path) -> tuple[TokenPruning, ...]:
    try:
        return tuple(
            TokenPruning(int(after), float(share), *map(int, least)) for after, share, *least in found
        )
    except (TypeError, ValueError, OverflowError):
        raise ModelError(f"{path.name} does not say where it drops tokens.", hint=_HINT) from None


def shape_of(weights: Weights, heads: int, epsilon: float = 1e-12) -> BertShape:
    """Sizes that weights have; how many heads share them does not show in them."""
    found = [int(match[1]) for name in weights if (match := _LAYER.fullmatch(name))]
    return BertShape(max(found, default=-1) + 1, weights[WORDS].shape[1], heads, epsilon)


def keep_layers(weights: Weights, layers: Sequence[int] | None) -> dict[str, FloatArray]:
    """Keep chosen layers of an encoder, in the order given; None keeps all.

    Raises
    ------
    UsageError
        If the encoder has no layer of such a number, or none is kept.

    Examples
    --------
    >>> weights = {f"encoder.layer.{n}.x": np.full(1, n, np.float32) for n in range(4)}
    >>> {name: int(array[0]) for name, array in keep_layers(weights, [1, 3]).items()}
    {'encoder.layer.0.x': 1, 'encoder.layer.1.x': 3}
    """
    if layers is None:
        return dict(weights)
    by_layer: dict[int, dict[str, FloatArray]] = {}
    kept: dict[str, FloatArray] = {}
    for name, array in weights.items():
        if match := _LAYER.fullmatch(name):
            by_layer.setdefault(int(match[1]), {})[match[2]] = array
        else:
            kept[name] = array
    if not layers or not by_layer.keys() >= set(layers):
        raise UsageError(
            f"The base has layers 0 to {max(by_layer, default=-1)}, not all of {list(layers)}.",
            hint="Set layers under [student] to numbers that it has.",
        )
    for place, layer in enumerate(layers):
        kept |= {f"encoder.layer.{place}.{part}": array for part, array in by_layer[layer].items()}
    return kept


def _config(file: Path) -> Mapping[str, Any]:
    try:
        config = json.loads(_bytes(file))
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise ModelError(f"{file.name} of {file.parent.name} is no configuration.", hint=_HINT)
    return config


def _weights(path: Path) -> dict[str, FloatArray]:
    if (path / WEIGHTS_FILE).exists():
        return read_safetensors(path / WEIGHTS_FILE)
    if has_file(path / WEIGHTS_FILE):
        return _joined(path / WEIGHTS_FILE)
    graphs = sorted(path.glob("*.onnx"))
    if len(graphs) != 1:
        raise ModelError(f"{path.name} has neither {WEIGHTS_FILE} nor one ONNX file.", hint=_HINT)
    return {
        name: weight.dequantized() if isinstance(weight, QuantizedMatrix) else np.asarray(weight, np.float32)
        for name, weight in read_onnx(graphs[0]).items()
    }


def _joined(file: Path) -> dict[str, FloatArray]:
    """A checkpoint's weights that stand in parts."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(read_parts(file))
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{file.name} of {file.parent.name} is damaged.", hint=_HINT) from error


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ModelError(f"{file.name} of {file.parent.name} is too large.", hint=_HINT)
        return file.read_bytes()
    except OSError as error:
        raise ModelError(f"{file.name} of {file.parent.name} cannot be read.", hint=_HINT) from error
