"""Checkpoints of a run: everything that it needs to go on, in a folder that appears at once and whole.

::

    step-00000200/
        model.safetensors        weights, under the names that a base has; of a causal student its adapters
        config.json              of the encoder, or of the causal base and how its adapters were made
        tokenizer.json           of its base, so that an encoder's folder is itself a base
        optimiser.safetensors    what AdamW remembers
        state.json               step, what run it is of, what was measured, SHA-256 of each file

Large files may be cut into parts (``model.safetensors.000`` and so on), where only small ones travel.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from pertinent.errors import ModelError
from pertinent.store.files import check_space, disk_faults, sync_folder, write_atomically
from pertinent.train.parts import read_parts, write_parts

MODEL_FILE = "model.safetensors"
OPTIMISER_FILE = "optimiser.safetensors"
STATE_FILE = "state.json"
MOST_STATE_BYTES = 1 << 20

KEPT = 2
"""Newest checkpoints that are kept beside the best one."""

_NAME = re.compile(r"step-(\d{8,})")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What ``state.json`` says.

    Parameters
    ----------
    step : int
        Updates that were made.
    run : str
        Hash of what decides the run; it goes on only under the same.
    quality : float | None
        What was measured on development examples; None where nothing was.
    files : Mapping[str, str]
        SHA-256 of each file, put together.
    """

    step: int
    run: str
    quality: float | None
    files: Mapping[str, str]


def save_checkpoint(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    step: int,
    run: str,
    quality: float | None,
    part_bytes: int | None,
) -> Path:
    """Save a checkpoint, and take away old ones but the best.

    Parameters
    ----------
    folder : Path
        Of the run.
    files : Mapping[str, bytes]
        Contents by name.
    step, run, quality
        See ``Checkpoint``.
    part_bytes : int | None
        Larger files are cut into parts of so many bytes; None cuts none.

    Returns
    -------
    Path
        The checkpoint's folder.

    Raises
    ------
    StoreError
        If the disk cannot take it.
    """
    path = folder / f"step-{step:08d}"
    scratch = folder / f".{path.name}.new"
    checkpoint = Checkpoint(
        step, run, quality, {name: sha256(data).hexdigest() for name, data in files.items()}
    )
    with disk_faults("Saving the checkpoint"):
        folder.mkdir(parents=True, exist_ok=True)
        check_space(folder, sum(map(len, files.values())))
        for old in (scratch, path):
            shutil.rmtree(old, ignore_errors=True)
        scratch.mkdir()
        for name, data in files.items():
            write_parts(scratch / name, data, part_bytes)
        write_atomically(scratch / STATE_FILE, json.dumps(asdict(checkpoint), indent=1).encode())
        scratch.rename(path)
        sync_folder(folder)
        _take_away(folder)
    return path


def best_checkpoint(folder: Path) -> Path | None:
    """The checkpoint of highest quality, of equals the earliest; None where nothing was measured."""
    measured = [(read_checkpoint(path), path) for path in _checkpoints(folder)]
    found = [(each.quality, -each.step, path) for each, path in measured if each.quality is not None]
    return max(found)[2] if found else None


def newest_checkpoint(folder: Path) -> Path | None:
    """The checkpoint that a run goes on from; None where there is none."""
    return max(_checkpoints(folder), key=_step, default=None)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read what a checkpoint says of itself.

    Raises
    ------
    ModelError
        If it is damaged.
    """
    try:
        if (path / STATE_FILE).stat().st_size > MOST_STATE_BYTES:
            raise ValueError
        found = Checkpoint(**json.loads((path / STATE_FILE).read_text("utf-8")))
        sound = type(found.step) is int and isinstance(found.run, str) and isinstance(found.files, dict)
        if not sound or not (found.quality is None or isinstance(found.quality, float)):
            raise ValueError
    except (OSError, ValueError, TypeError) as error:
        raise _damaged(path / STATE_FILE) from error
    return found


def read_file(path: Path, checkpoint: Checkpoint, name: str) -> bytes:
    """Read a file of a checkpoint, put together and checked.

    Raises
    ------
    ModelError
        If it is missing or damaged.
    """
    try:
        data = read_parts(path / name)
    except OSError as error:
        raise _damaged(path / name) from error
    if sha256(data).hexdigest() != checkpoint.files.get(name):
        raise _damaged(path / name)
    return data


def _checkpoints(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.is_dir() and _NAME.fullmatch(path.name))


def _step(path: Path) -> int:
    return int(path.name.removeprefix("step-"))


def _take_away(folder: Path) -> None:
    best = best_checkpoint(folder)
    for path in sorted(_checkpoints(folder), key=_step)[:-KEPT]:
        if path != best:
            # Renamed first: a folder that is half gone is no checkpoint.
            gone = path.with_name(f".{path.name}.old{os.getpid()}")
            path.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)


def _damaged(file: Path) -> ModelError:
    return ModelError(
        f"{file.name} of checkpoint {file.parent.name} is missing or damaged.",
        hint="Remove that checkpoint's folder: the run goes on from the one before it.",
    )
