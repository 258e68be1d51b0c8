"""What is told of a machine is true, and asking loads nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest

from pertinent.evaluate.cards import machine


def test_it_describes_this_machine_in_plain_values() -> None:
    found = machine.describe_machine()
    assert json.loads(json.dumps(found)) == found
    assert found["cores"] == len(os.sched_getaffinity(0))
    assert found["python"] == sys.version.split()[0]
    assert found["processor"]
    assert 0 < found["memory_gib"] < 1e6


def test_versions_are_those_that_are_installed() -> None:
    versions = machine.package_versions()
    assert versions["numpy"] == version("numpy")
    assert versions["qdrant-edge-py"] == version("qdrant-edge-py")
    assert set(versions) <= {*machine.PACKAGES, *machine.WHERE_LOADED}


def test_asking_loads_nothing() -> None:
    code = (
        "import json, sys; from pertinent.evaluate.cards.machine import *;"
        "found = [describe_machine(), package_versions()];"
        "print(json.dumps([name for name in ('torch', 'numpy', 'openvino') if name in sys.modules]));"
        "assert 'torch' not in found[1] and 'gpu' not in found[0]"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_a_gpu_is_named_where_torch_is_loaded_and_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = SimpleNamespace(
        is_available=lambda: True, device_count=lambda: 2, get_device_name=lambda number: f"GPU {number}"
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    assert machine.describe_machine()["gpu"] == "GPU 0, GPU 1"
    cuda.is_available = lambda: False
    assert "gpu" not in machine.describe_machine()


def test_packages_that_are_not_there_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "PACKAGES", ("numpy", "no-such-package"))
    monkeypatch.setattr(machine, "WHERE_LOADED", ("no_such_module",))
    assert list(machine.package_versions()) == ["numpy"]


def test_without_a_file_of_processors_the_architecture_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "PROCESSOR_FILE", tmp_path / "cpuinfo")
    assert machine.describe_machine()["processor"]
    (tmp_path / "cpuinfo").write_bytes(b"processor : 0\nmodel name\t: Example 9000 \xff\n")
    assert machine.describe_machine()["processor"].startswith("Example 9000")
