from __future__ import annotations

import io
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from pertinent.ingest import reading_apart
from pertinent.ingest.reading_apart import answer, read_apart


def test_a_child_that_dies_or_hangs_costs_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> bytes:
        raise subprocess.TimeoutExpired("python", 1)

    def absent(*_: object, **__: object) -> bytes:
        raise OSError

    reasons = []
    for child in (lambda *_, **__: b"", hang, absent):
        monkeypatch.setattr(reading_apart, "run_child", child)
        reasons.append(read_apart("any", b"x", {}, seconds=1))
    assert reasons == [
        {"refused": "reading it takes too much time or memory, or fails"},
        {"refused": "reading it takes too long"},
        {"refused": "no process could be started to read it"},
    ]


def test_the_child_reads_its_job_and_limits_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    limited: list[dict[str, int]] = []
    job = {"limits": {"pages": 1}, "seconds": 12, "memory": 34}
    stdin = io.BytesIO(json.dumps(job).encode() + b"\nthe\nfile")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stdin))
    monkeypatch.setattr(reading_apart, "limit_process", lambda **given: limited.append(given))
    answer(lambda data, pages: {"read": data.decode(), "pages": pages})
    assert limited == [{"seconds": 12, "memory": 34}]
    assert json.loads(capsys.readouterr().out) == {"read": "the\nfile", "pages": 1}


def test_it_is_done_in_another_process() -> None:
    assert read_apart("pertinent.ingest.docx_child", b"x", {"parts": 1, "size": 1}, seconds=9) == {
        "refused": "the docx file is damaged, or asks for a password"
    }
