"""A model on disk: the folder's layout, read and verified.

::

    tokenizer.json              in the folder itself, or shared by the models beside it
    NAME/
        model.json              what it is, the SHA-256 of graph, constants and tokenizer, known answers
        model.xml               the graph (OpenVINO IR)
        model.bin.zlib          its constants, compressed: small integers have few bits of content
        README.md               the model card, for people
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from pertinent.errors import ModelError
from pertinent.families import bert_embedder, cross_encoder
from pertinent.types import ModelInfo

FORMAT = 1
DESCRIPTION_FILE = "model.json"
GRAPH_FILE = "model.xml"
WEIGHTS_FILE = "model.bin.zlib"
TOKENIZER_FILE = "tokenizer.json"
FAMILIES = (cross_encoder.NAME, bert_embedder.NAME)

MAX_DESCRIPTION_BYTES = 1 << 20
MAX_WEIGHTS_BYTES = 4 << 30

_REINSTALL = "Reinstall the package, or build the folder again with tools/train_carried.py."


class Canary(NamedTuple):
    """Texts that a sound model tells apart, and what the float32 graph says of them.

    Parameters
    ----------
    query, answer, other : str
        A question, a text that answers it and one that does not.
    expected : tuple[float, float]
        Margin, or cosine, of answer and other.
    """

    query: str
    answer: str
    other: str
    expected: tuple[float, float]

    def agrees(self, found: Iterable[float], tolerance: float) -> bool:
        """Whether what a loaded model says of both is near enough to what is expected.

        Examples
        --------
        >>> canary = Canary("q", "a", "o", (5.0, -5.0))
        >>> canary.agrees([5.1, -5.0], 0.5), canary.agrees([float("nan"), -5.0], 0.5)
        (True, False)
        """
        return all(abs(x - y) <= tolerance for x, y in zip(found, self.expected, strict=True))


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """What ``model.json`` says.

    Parameters
    ----------
    path : Path
        The folder.
    info : ModelInfo
        Which weights.
    query_prefix : str
        What an embedder wants before a query; empty for a reranker.
    weights_bytes : int
        Size of the constants once decompressed.
    files : Mapping[str, str]
        SHA-256 of each file, by path relative to the folder.
    canary : Canary
        What a sound model says of known texts.
    constants : Mapping[str, float]
        Constants that ``search`` blends first-stage evidence and margin with.
    """

    path: Path
    info: ModelInfo
    query_prefix: str
    weights_bytes: int
    files: Mapping[str, str]
    canary: Canary
    constants: Mapping[str, float]

    @property
    def tokenizer(self) -> str:
        """Path of the tokenizer relative to the folder."""
        return next((name for name in self.files if Path(name).name == TOKENIZER_FILE), TOKENIZER_FILE)

    @property
    def outputs(self) -> int:
        """Numbers that the graph has to say of a sequence: a margin, or a vector."""
        return 1 if self.info.kind == "reranker" else self.info.dimensions

    @property
    def size(self) -> int:
        """Bytes on disk, a shared tokenizer included."""
        return sum((self.path / name).stat().st_size for name in self.files)

    def read(self, name: str) -> bytes:
        """Read a file and check its SHA-256.

        Raises
        ------
        ModelError
            If it is missing or is not what ``model.json`` says.
        """
        try:
            data = (self.path / name).read_bytes()
        except OSError as error:
            raise ModelError(
                f"Model {self.info.name}: {name} cannot be read ({type(error).__name__}).", hint=_REINSTALL
            ) from error
        if sha256(data).hexdigest() != self.files.get(name):
            raise ModelError(
                f"Model {self.info.name}: {name} is damaged (its SHA-256 differs).", hint=_REINSTALL
            )
        return data

    def read_weights(self) -> bytes:
        """Read, check and decompress the constants."""
        data = self.read(WEIGHTS_FILE)
        # One byte more than promised is asked for, so that a longer stream shows.
        decompressor = zlib.decompressobj()
        try:
            weights = decompressor.decompress(data, self.weights_bytes + 1)
        except zlib.error as error:
            raise ModelError(
                f"Model {self.info.name}: {WEIGHTS_FILE} is damaged.", hint=_REINSTALL
            ) from error
        if len(weights) != self.weights_bytes or not decompressor.eof:
            raise ModelError(
                f"Model {self.info.name}: {WEIGHTS_FILE} has not the promised size.", hint=_REINSTALL
            )
        return weights


def open_model_folder(path: Path) -> ModelFolder:
    """Read ``model.json``; the other files are read when they are asked for.

    Raises
    ------
    ModelError
        If the folder or the file is missing, or says something that is not understood.
    """
    file = path / DESCRIPTION_FILE
    try:
        if file.stat().st_size > MAX_DESCRIPTION_BYTES:
            raise ModelError(f"{file} is too large to be a model's description.", hint=_REINSTALL)
        description = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"There is no model in {path}.",
            hint=f"Give a folder that holds {DESCRIPTION_FILE}, or leave the model out for the carried one.",
        ) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{file} cannot be read ({type(error).__name__}).", hint=_REINSTALL) from error
    try:
        return _parse(path, description)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"{file} is not a model's description of format {FORMAT} ({type(error).__name__}: {error}).",
            hint="It may come from a newer Pertinent: upgrade, or build the folder again.",
        ) from error


def open_family(path: Path, family: str) -> ModelFolder:
    """Read a model's description and refuse one of another family.

    Raises
    ------
    ModelError
        If there is no model, or one of another family.
    """
    folder = open_model_folder(path)
    if folder.info.family != family:
        raise ModelError(
            f"{folder.info.name} is of family {folder.info.family}, not {family}.",
            hint="Give the folder of a model of the right kind.",
        )
    return folder


def _parse(path: Path, description: Mapping[str, Any]) -> ModelFolder:
    if description["format"] != FORMAT:
        raise ValueError(f"format {description['format']}")
    if description["family"] not in FAMILIES:
        raise ValueError(f"family {description['family']}")
    files = {str(name): str(digest) for name, digest in description["files"].items()}
    allowed = {GRAPH_FILE, WEIGHTS_FILE, TOKENIZER_FILE, f"../{TOKENIZER_FILE}", "README.md"}
    if not files.keys() <= allowed:
        raise ValueError("files of other names")
    weights_bytes = int(description["weights_bytes"])
    if not 0 < weights_bytes <= MAX_WEIGHTS_BYTES:
        raise ValueError("weights_bytes")
    info = ModelInfo(
        name=str(description["name"]),
        revision=str(description["revision"]),
        family=str(description["family"]),
        kind="reranker" if description["family"] == cross_encoder.NAME else "embedder",
        max_tokens=int(description["max_tokens"]),
        parameters=int(description["parameters"]),
        licence=str(description["licence"]),
        dimensions=int(description["dimensions"]),
        description=str(description["description"]),
    )
    if info.max_tokens < 16:
        raise ValueError("max_tokens")
    canary = description["canary"]
    return ModelFolder(
        path=path,
        info=info,
        query_prefix=str(description.get("query_prefix", "")),
        weights_bytes=weights_bytes,
        files=MappingProxyType(files),
        canary=Canary(
            query=str(canary["query"]),
            answer=str(canary["answer"]),
            other=str(canary["other"]),
            expected=(float(canary["expected"][0]), float(canary["expected"][1])),
        ),
        constants=MappingProxyType({str(k): float(v) for k, v in description.get("final", {}).items()}),
    )
