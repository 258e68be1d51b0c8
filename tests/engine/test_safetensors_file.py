"""Safetensors files: faults told, and files told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from pertinent.engine.safetensors_file import SAMPLE_BYTES, opened, read_header, samples
from pertinent.errors import ModelError

TENSORS = {
    "large": np.arange(40_000, dtype=np.float32),
    "small": np.arange(3, dtype=np.float32),
    "none": np.zeros(0, np.float32),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    save_file(TENSORS, tmp_path / "a.safetensors", {"format": "pt"})
    return tmp_path / "a.safetensors"


def test_a_header_says_where_tensors_lie(file: Path) -> None:
    header, start = read_header(file)
    begin, end = header["large"]["data_offsets"]
    found = np.frombuffer(file.read_bytes()[start + begin : start + end], np.float32)
    assert np.array_equal(found, TENSORS["large"])


@pytest.mark.parametrize(
    ("name", "place"), [("large", 0), ("large", 20_000), ("large", 39_999), ("small", 1)]
)
def test_samples_show_a_change_of_any_tensor(file: Path, name: str, place: int) -> None:
    before = list(samples(file))
    assert sum(map(len, before[1:])) <= 2 * 3 * SAMPLE_BYTES
    changed = {key: value.copy() for key, value in TENSORS.items()}
    changed[name][place] += 1
    save_file(changed, file, {"format": "pt"})
    assert list(samples(file)) != before


@pytest.mark.parametrize("content", [None, b"", b"\xff" * 20, b"\2\0\0\0\0\0\0\0[]"])
def test_what_is_no_such_file_is_told(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "a.safetensors"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ModelError, match=r"a\.safetensors"), opened(file):
        pass
