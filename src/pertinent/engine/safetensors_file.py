"""One safetensors file: mapped into memory, and told apart from others without reading it whole.

Layout: 8 bytes that state a length, so many bytes of JSON that say where each tensor lies, tensors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from pertinent.errors import ModelError

SAMPLE_BYTES = 4096
"""Bytes at the beginning, in the middle and at the end of every tensor that stand for the whole."""

DOWNLOAD_AGAIN = "Download the model again, or give the folder of a complete one."

_LENGTH_BYTES = 8


@contextmanager
def opened(file: Path, framework: Literal["pt", "np"] | None = None) -> Iterator[Any]:
    """Map a safetensors file, with tensors as torch or numpy has them; None takes numpy if it knows bfloat16.

    Raises
    ------
    ModelError
        If it cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    if framework is None:
        try:
            import ml_dtypes  # noqa: F401 (teaches numpy the name bfloat16)

            framework = "np"
        except ModuleNotFoundError:  # a bare machine has torch, which knows it
            framework = "pt"
    try:
        with safe_open(file, framework=framework) as tensors:
            yield tensors
    except (SafetensorError, OSError) as error:
        raise ModelError(
            f"{file.name} of {file.parent.name} is damaged ({type(error).__name__}).", hint=DOWNLOAD_AGAIN
        ) from error


def read_header(file: Path) -> tuple[dict[str, Any], int]:
    """Read what ``opened`` has found sound: the JSON header, and where the tensors' bytes begin."""
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(_LENGTH_BYTES), "little")
        return json.loads(stream.read(length)), _LENGTH_BYTES + length


def samples(file: Path) -> Iterator[bytes]:
    """The header and pieces of every tensor: a file in which any tensor was trained on gives others."""
    header, start = read_header(file)
    with file.open("rb") as stream:
        yield stream.read(start)
        for name in sorted(header.keys() - {"__metadata__"}):
            begin, end = header[name]["data_offsets"]
            for place in sorted({begin, (begin + end) // 2, max(begin, end - SAMPLE_BYTES)}):
                stream.seek(start + place)
                yield stream.read(min(SAMPLE_BYTES, end - place))
