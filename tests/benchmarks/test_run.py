"""Suites and single benchmarks are called by name."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

Script = Callable[[str], ModuleType]


def test_without_names_everything_runs(script: Script) -> None:
    run = script("run")
    assert run.benchmarks_of([]) == run.ALL
    assert run.benchmarks_of(["quality", "worth", "speed", "serve"]) == run.ALL


def test_suites_and_single_names_mix(script: Script) -> None:
    assert script("run").benchmarks_of(["crash_store", "quality", "quality"]) == (
        "crash_store",
        "quality",
        "judge_quality",
    )


def test_an_unknown_name_is_refused_with_those_that_are_known(script: Script) -> None:
    with pytest.raises(SystemExit, match="unknown: qualty; known: quality, worth, speed, serve, judge"):
        script("run").benchmarks_of(["qualty"])


def test_each_name_is_a_script(script: Script) -> None:
    run = script("run")
    assert [name for name in run.ALL if not (run.HERE / f"{name}.py").is_file()] == []


def test_one_that_fails_does_not_stop_the_rest(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    run = script("run")
    started: list[str] = []

    def fake(command: Sequence[str], *, check: bool) -> SimpleNamespace:
        started.append(Path(command[1]).stem)
        return SimpleNamespace(returncode=int(started[-1] == "quality"))

    monkeypatch.setattr(subprocess, "run", fake)
    monkeypatch.setattr(sys, "argv", ["run.py", "quality"])
    with pytest.raises(SystemExit, match="failed: quality"):
        run.main()
    assert started == ["quality", "judge_quality", "write_docs"]
