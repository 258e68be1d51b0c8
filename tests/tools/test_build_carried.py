"""The carried models can be built again from published weights, byte for byte."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from pertinent.engine.catalogue import CARRIED

TOOL = Path(__file__).parents[2] / "tools" / "build_carried.py"


def test_building_again_gives_the_same_bytes(weights_folder: Path, tmp_path: Path) -> None:
    if find_spec("onnx") is None:
        pytest.skip("the onnx package is not installed: the reranker cannot be read")
    built = subprocess.run(
        [sys.executable, TOOL, "--weights", weights_folder, "--out", tmp_path],
        check=False,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    names = {file.relative_to(CARRIED) for file in CARRIED.rglob("*") if file.is_file()}
    assert names == {file.relative_to(tmp_path) for file in tmp_path.rglob("*") if file.is_file()}
    # Search constants are measured later and written into the description by hand.
    different = [
        n
        for n in names
        if n.name != "model.json" and (CARRIED / n).read_bytes() != (tmp_path / n).read_bytes()
    ]
    assert different == []


def test_without_weights_it_says_what_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERTINENT_WEIGHTS", raising=False)
    refused = subprocess.run([sys.executable, TOOL], check=False, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "PERTINENT_WEIGHTS" in refused.stderr
