"""A published model on disk: ``config.json`` and safetensors, checked before anything is read.

Only headers are read when a checkpoint is opened: every tensor that the shape promises must be
there once, with that shape, and nothing else may be. Names may carry a ``model.`` prefix or not.
Engines map the files into memory and take one tensor at a time, so weights never stand twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import numpy as np

from pertinent.engine.quantized import FloatArray
from pertinent.engine.safetensors_file import DOWNLOAD_AGAIN, opened, samples
from pertinent.errors import ModelError
from pertinent.families.decoder import DecoderShape

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"

MAX_JSON_BYTES = 64 << 20
MAX_SHARDS = 1000

_COMMIT = re.compile(r"[0-9a-f]{40}")

DERIVED = ".rotary_emb.inv_freq"
"""Old checkpoints store the rotary frequencies, which follow from ``config.json``."""

FLOAT_TYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}
"""Number types of tensors that can be read, as safetensors and as numpy call them."""

Head: TypeAlias = Literal["tied", "lm_head", "score", "none"]
"""Where the answer rows lie: in the embedding, in a head of their own, as one score row, nowhere."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder whose names and shapes are what its ``config.json`` promises.

    Parameters
    ----------
    path : Path
        The folder.
    shape : DecoderShape
        Sizes and switches.
    config : Mapping[str, Any]
        ``config.json``.
    head : {"tied", "lm_head", "score", "none"}
        Where the answer rows lie.
    dtype : str
        Number type of the weights: ``"bfloat16"``, ``"float16"`` or ``"float32"``.
    revision : str
        Commit where the folder is a download's, else a fingerprint of the content.
    tensors : Mapping[str, tuple[Path, str]]
        Where each tensor lies: its file, and its name there.
    """

    path: Path
    shape: DecoderShape
    config: Mapping[str, Any]
    head: Head
    dtype: str
    revision: str
    tensors: Mapping[str, tuple[Path, str]]

    @property
    def name(self) -> str:
        """What people call it: the repository of a download, else the folder."""
        folder = self.path.resolve()
        *_, kept, snapshots, _ = ("", "", *folder.parts)
        if snapshots == "snapshots" and kept.startswith("models--"):
            return kept.removeprefix("models--").replace("--", "/")
        return folder.name

    def where(self, name: str) -> tuple[Path, str]:
        """File of a tensor and its name there."""
        return self.tensors[name]

    def array(self, name: str) -> FloatArray:
        """Read one tensor as float32, whatever type it is stored in."""
        file, stored = self.where(name)
        with opened(file) as tensors:
            return _float32(tensors.get_tensor(stored))

    def margin_vector(self, yes: int, no: int) -> FloatArray:
        """The only thing of the head that scores need: row of "yes" minus row of "no".

        Parameters
        ----------
        yes, no : int
            Token ids of the two answers; unused where the checkpoint holds the difference itself.

        Returns
        -------
        float32, shape (hidden,)

        Raises
        ------
        ModelError
            If the checkpoint has no head, or no such rows.
        """
        if self.head == "none":
            raise ModelError(
                f"{self.path.name} has no head to read an answer from.",
                hint="It is an embedder: load it with Embedder.",
            )
        if self.head == "score":
            return np.asarray(self.array("score.weight")[0])
        if not 0 <= min(yes, no) <= max(yes, no) < self.shape.vocabulary:
            raise ModelError(
                f"{self.path.name} has no rows for the answers' tokens.",
                hint="Tokenizer and weights do not belong together: download the model again.",
            )
        file, stored = self.where("embed_tokens.weight" if self.head == "tied" else "lm_head.weight")
        with opened(file) as tensors:
            rows = tensors.get_slice(stored)
            answers = [_float32(rows[row : row + 1])[0] for row in (yes, no)]
        return np.asarray(answers[0] - answers[1])


def open_checkpoint(path: Path) -> Checkpoint:
    """Read the headers of a folder and check names and shapes.

    Raises
    ------
    ModelError
        If the folder holds no such model, lacks a tensor, has one too many, or one of another shape.
    """
    config = read_json(path / CONFIG_FILE)
    shape = DecoderShape.from_config(config)
    found, shapes, types = _headers(_weight_files(path))
    expected = shape.tensor_shapes()
    head = _head(shape, shapes)
    if head == "lm_head":
        expected["lm_head.weight"] = expected["embed_tokens.weight"]
    elif head == "score":
        expected["score.weight"] = (1, shape.hidden)
    _compare(path, expected, shapes)
    if unknown := sorted(set(types) - FLOAT_TYPES.keys()):
        raise ModelError(
            f"{path.name} stores numbers as {', '.join(unknown)}.",
            hint=f"Weights can be read as {', '.join(FLOAT_TYPES)}: take the model in its plain float form.",
        )
    return Checkpoint(
        path=path,
        shape=shape,
        config=MappingProxyType(config),
        head=head,
        dtype=FLOAT_TYPES[max(types, key=types.__getitem__)],
        revision=_revision(path),
        tensors=MappingProxyType({name: found[name] for name in expected}),
    )


def read_text(file: Path) -> str:
    """Read one of a model's small files.

    Raises
    ------
    ModelError
        If it is missing, too large or not UTF-8.
    """
    try:
        if file.stat().st_size > MAX_JSON_BYTES:
            raise ModelError(f"{file.name} of model {file.parent.name} is too large.", hint=DOWNLOAD_AGAIN)
        return file.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{file.name} of model {file.parent.name} cannot be read ({type(error).__name__}).",
            hint=DOWNLOAD_AGAIN,
        ) from error


def read_json(file: Path) -> dict[str, Any]:
    """Read an object from one of a model's JSON files.

    Raises
    ------
    ModelError
        If the file is missing, too large, or no JSON object.
    """
    try:
        content = json.loads(read_text(file))
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ModelError(f"{file.name} of model {file.parent.name} is no JSON object.", hint=DOWNLOAD_AGAIN)
    return content


def _float32(read: Any) -> FloatArray:
    """A tensor as numpy has it, whether numpy or torch has read it."""
    return np.asarray(read if isinstance(read, np.ndarray) else read.float().numpy(), np.float32)


def _weight_files(path: Path) -> list[Path]:
    index = path / INDEX_FILE
    if not index.is_file():
        if not (path / WEIGHTS_FILE).is_file():
            raise ModelError(
                f"There are no weights in {path}.", hint=f"A model has {WEIGHTS_FILE}. {DOWNLOAD_AGAIN}"
            )
        return [path / WEIGHTS_FILE]
    placed = read_json(index).get("weight_map")
    names = sorted(set(placed.values())) if isinstance(placed, dict) and placed else []
    if not 0 < len(names) <= MAX_SHARDS or any(Path(str(name)).name != name for name in names):
        raise ModelError(
            f"{INDEX_FILE} of {path.name} does not name weight files beside it.", hint=DOWNLOAD_AGAIN
        )
    if missing := [name for name in names if not (path / name).is_file()]:
        raise ModelError(f"{path.name} lacks {', '.join(missing[:3])}.", hint=DOWNLOAD_AGAIN)
    return [path / name for name in names]


def _headers(
    files: list[Path],
) -> tuple[dict[str, tuple[Path, str]], dict[str, tuple[int, ...]], dict[str, int]]:
    """Place and shape of every tensor by its plain name, and how many there are of each number type."""
    found: dict[str, tuple[Path, str]] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    types: dict[str, int] = {}
    for file in files:
        with opened(file, "np") as tensors:
            for stored in tensors.keys():  # noqa: SIM118 (it is no mapping)
                name = stored.removeprefix("model.")
                if name.endswith(DERIVED):
                    continue
                if name in found:
                    raise ModelError(f"{file.parent.name} holds {name} twice.", hint=DOWNLOAD_AGAIN)
                header = tensors.get_slice(stored)
                found[name] = (file, stored)
                shapes[name] = tuple(header.get_shape())
                types[header.get_dtype()] = types.get(header.get_dtype(), 0) + 1
    return found, shapes, types


def _head(shape: DecoderShape, shapes: Mapping[str, tuple[int, ...]]) -> Head:
    if "score.weight" in shapes:
        return "score"
    if "lm_head.weight" in shapes:
        return "lm_head"
    return "tied" if shape.tied else "none"


def _compare(
    path: Path, expected: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]
) -> None:
    faults = [
        *(f"{name} is missing" for name in expected if name not in found),
        *(f"{name} is not known" for name in found if name not in expected),
        *(
            f"{name} is {found[name]}, not {size}"
            for name, size in expected.items()
            if name in found and found[name] != size
        ),
    ]
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise ModelError(
            f"{path.name} is not what its config.json says: {'; '.join(faults[:3])}{more}.",
            hint=DOWNLOAD_AGAIN,
        )


def _revision(path: Path) -> str:
    """The commit of a download's snapshot folder; else a fingerprint of config and weights."""
    if path.parent.name == "snapshots" and _COMMIT.fullmatch(path.name):
        return path.name
    digest = blake2b((path / CONFIG_FILE).read_bytes(), digest_size=6)
    for file in _weight_files(path):
        for sample in samples(file):
            digest.update(sample)
    return digest.hexdigest()
