from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pertinent.engine import peak_memory
from pertinent.engine.peak_memory import gpu_peak, process_peak

GROW = """
from pertinent.engine.peak_memory import process_peak
before = process_peak()
held = b"x" * (1 << 28)
during = process_peak()
del held
print(before, during, process_peak())
"""


def test_the_peak_grows_with_what_is_held_and_stays() -> None:
    done = subprocess.run([sys.executable, "-c", GROW], capture_output=True, text=True, check=True)
    before, during, after = map(int, done.stdout.split())
    assert 1e6 < before < 1e8, "its own, not that of the process that runs these tests"
    assert 0.9 * (1 << 28) < during - before < 1.2 * (1 << 28)
    assert after >= 0.95 * during


def test_no_gpu_no_number() -> None:
    assert process_peak() is not None
    assert gpu_peak("cpu") is None
    assert gpu_peak("cuda:0,cuda:1") is None, "processes of their own hold that memory"


def test_systems_without_proc_are_asked_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = process_peak()
    monkeypatch.setattr(peak_memory, "STATUS", tmp_path / "absent")
    assert told is not None
    assert process_peak() >= 0.95 * told
    monkeypatch.setitem(sys.modules, "resource", None)
    assert process_peak() is None
    empty = tmp_path / "status"
    empty.write_text("Name: python\n")
    monkeypatch.setattr(peak_memory, "STATUS", empty)
    assert process_peak() is None


def test_torch_is_asked_for_the_gpus_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = SimpleNamespace(max_memory_allocated=lambda device: {"cuda:1": 7}[device])
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=asked))
    assert gpu_peak("cuda:1") == 7
    assert gpu_peak("cpu") is None
