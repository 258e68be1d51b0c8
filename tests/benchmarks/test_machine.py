"""Results that are no evaluation say what repeats them, and nothing of where they were made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Script = Callable[[str], ModuleType]


def test_a_command_names_no_place(script: Script) -> None:
    called = ["/home/me/clone/benchmarks/speed.py", "--peer=/opt/python", "/data/model", "--rounds", "2"]
    assert script("machine").command(called) == ("python benchmarks/speed.py --peer=python model --rounds 2")


def test_a_kernel_is_left_out(script: Script) -> None:
    publishable = script("machine").publishable
    assert publishable({"system": "Linux 6.1.0-secret x86_64"}) == {"system": "Linux x86_64"}
    assert publishable({"system": "Darwin"}) == {"system": "Darwin"}


def test_every_result_carries_a_run_card(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = script("machine")
    monkeypatch.setattr(machine, "RESULTS", tmp_path / "results")
    monkeypatch.setattr("sys.argv", ["benchmarks/some.py", "--rounds", "3"])
    monkeypatch.setenv("PERTINENT_HOME", str(tmp_path / "home"))
    machine.write_result("some", {"pairs_per_second": 7})
    text = (tmp_path / "results" / "some.json").read_text("utf-8")
    stored = json.loads(text)
    assert stored["command"] == "python benchmarks/some.py --rounds 3"
    assert stored["pertinent"] == stored["machine"]["packages"]["pertinent"]
    assert stored["settings"]["rerank_limit"] == 40
    assert stored["machine"]["cores"] >= 1
    assert stored["pairs_per_second"] == 7
    assert str(tmp_path) not in text
