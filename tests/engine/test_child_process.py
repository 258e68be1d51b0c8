from __future__ import annotations

import subprocess

import pytest

from pertinent.engine.child_process import run_child

MODULE = """
import sys
from pertinent.engine.child_process import limit_process


def main() -> None:
    job = sys.stdin.read()
    limit_process(seconds=5, memory=1 << 30)
    if job == "memory":
        bytearray(2 << 30)
    while job == "forever":
        pass
    sys.stdout.write(job.upper())
"""


@pytest.fixture(autouse=True)
def module(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_child.py").write_text(MODULE)  # type: ignore[operator]
    monkeypatch.syspath_prepend(str(tmp_path))


def test_a_child_answers_what_it_is_told() -> None:
    assert run_child("a_child", b"job", seconds=60) == b"JOB"


def test_a_child_beyond_its_limits_answers_nothing() -> None:
    assert run_child("a_child", b"memory", seconds=60) == b""
    with pytest.raises(subprocess.TimeoutExpired):
        run_child("a_child", b"forever", seconds=1)
