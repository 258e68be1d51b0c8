"""Decoders converted to OpenVINO graphs, kept on disk so that each is converted once.

An entry is a folder::

    <cache>/<revision>-<storage>-f<format>-ov<version>/
        layers-0-7.xml, layers-0-7.bin, layers-7-14.xml, ...   runs of layers
        manifest.json                                          size and SHA-256 of each file

It is written beside its place and renamed into it, under a lock, so a conversion that is killed
leaves nothing that looks whole, and of two processes one converts while the other waits. Weights
are read one tensor at a time and one run of layers is in memory at once.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from itertools import pairwise
from math import prod
from pathlib import Path

import numpy as np
import openvino as ov

from pertinent.engine.checkpoint import Checkpoint
from pertinent.engine.openvino_decoder import Storage, build_layers
from pertinent.engine.pruning import boundaries
from pertinent.engine.quantized import FloatArray
from pertinent.errors import ModelError
from pertinent.types import Progress

FORMAT = 1
"""Goes up whenever the same checkpoint gives other graphs."""

MANIFEST_FILE = "manifest.json"

_SPACE_HINT = "Free some space on the disk, or set PERTINENT_HOME to a folder on another one."


def segments(layers: int) -> list[range]:
    """Cut a decoder into runs of layers: where candidates may be dropped, and twice before that.

    More runs of equal length let chunks of one text follow each other more closely.

    Examples
    --------
    >>> segments(28)
    [range(0, 6), range(6, 13), range(13, 20), range(20, 24), range(24, 28)]
    >>> segments(1)
    [range(0, 1)]
    """
    inner = boundaries(layers)
    cuts = {0, *inner, layers, *(part * place // 3 for place in inner[:1] for part in (1, 2))}
    return [range(first, end) for first, end in pairwise(sorted(cuts))]


def converted(
    checkpoint: Checkpoint, storage: Storage, cache: Path, progress: Progress | None = None
) -> list[Path]:
    """Find the graphs of a checkpoint, or make them.

    Parameters
    ----------
    checkpoint : Checkpoint
        What to convert.
    storage : {"int8", "float"}
        How matrices are kept.
    cache : Path
        Folder of all conversions; made where it is missing.
    progress : Callable[[int, int], None] | None
        Told layers done and layers in all while converting.

    Returns
    -------
    list[Path]
        The graphs, in the order of :func:`segments`.

    Raises
    ------
    ModelError
        If a file cannot be read or written.
    """
    version = ov.__version__.split(".")[0]
    entry = cache / f"{checkpoint.revision}-{storage}-f{FORMAT}-ov{version}"
    graphs = [entry / f"{_stem(run)}.xml" for run in segments(checkpoint.shape.layers)]
    try:
        cache.mkdir(parents=True, exist_ok=True)
        if not _whole(entry, graphs):
            with _lock(cache / f".{entry.name}.lock"):
                if not _whole(entry, graphs):
                    _convert(checkpoint, storage, entry, progress)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise ModelError(
            f"Converting {checkpoint.path.name} for OpenVINO failed: {reason}.",
            hint=_SPACE_HINT if full else f"Check the permissions of {cache}, or choose another folder.",
        ) from error
    return graphs


def _convert(checkpoint: Checkpoint, storage: Storage, entry: Path, progress: Progress | None) -> None:
    """Make an entry. The lock is held, so whatever stands in the way was left by a killed process."""
    scratch = entry.with_name(f".{entry.name}.new")
    for left in (scratch, entry):
        if left.exists():
            shutil.rmtree(left)
    scratch.mkdir()
    try:
        layers = checkpoint.shape.layers
        _check_space(scratch, checkpoint, storage)
        for run in segments(layers):
            _convert_run(checkpoint, storage, run, scratch / _stem(run), progress)
        if progress is not None:
            progress(layers, layers)
        files = {
            path.name: {"size": path.stat().st_size, "sha256": _digest(path)}
            for path in sorted(scratch.iterdir())
        }
        (scratch / MANIFEST_FILE).write_text(
            json.dumps({"format": FORMAT, "files": files}, indent=1), "utf-8"
        )
        scratch.rename(entry)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def _convert_run(
    checkpoint: Checkpoint, storage: Storage, layers: range, stem: Path, progress: Progress | None
) -> None:
    begun = layers.start - 1

    def read(name: str) -> FloatArray:
        nonlocal begun
        layer = int(name.split(".")[1])
        if progress is not None and layer > begun:
            progress(layer, checkpoint.shape.layers)
        begun = layer
        values = checkpoint.array(name)
        if not np.isfinite(values).all():  # int8 would turn them into plausible zeros
            raise ModelError(
                f"{name} of {checkpoint.path.name} holds numbers that are not finite.",
                hint="The weights are damaged: download the model again.",
            )
        return values

    try:
        model = build_layers(read, checkpoint.shape, layers, storage)
        constants = sum(
            node.get_byte_size() for node in model.get_ops() if node.get_type_name() == "Constant"
        )
        ov.serialize(model, stem.with_suffix(".xml"), stem.with_suffix(".bin"))
    except RuntimeError as error:
        raise ModelError(
            f"OpenVINO could not convert {checkpoint.path.name}.", hint="Free memory, or upgrade openvino."
        ) from error
    # OpenVINO does not tell of a disk that is full.
    if stem.with_suffix(".bin").stat().st_size < constants // 2:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _stem(layers: range) -> str:
    return f"layers-{layers.start}-{layers.stop}"


def _check_space(folder: Path, checkpoint: Checkpoint, storage: Storage) -> None:
    width = {"int8": 1, "float": 4 if checkpoint.dtype == "float32" else 2}[storage]
    sizes = checkpoint.shape.tensor_shapes()
    needed = width * sum(prod(size) for name, size in sizes.items() if name.startswith("layers."))
    status = os.statvfs(folder)
    if status.f_bavail * status.f_frsize < needed + needed // 16:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _whole(entry: Path, graphs: list[Path]) -> bool:
    """Whether an entry is there and its files are what its manifest says."""
    try:
        manifest = json.loads((entry / MANIFEST_FILE).read_text("utf-8"))
        files = manifest["files"]
        expected = {name for graph in graphs for name in (graph.name, graph.with_suffix(".bin").name)}
        return (
            manifest["format"] == FORMAT
            and files.keys() == expected
            and all(
                (entry / name).stat().st_size == told["size"] and _digest(entry / name) == told["sha256"]
                for name, told in files.items()
            )
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold a file's lock; the system lets go of it when the process ends in whatever way."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
