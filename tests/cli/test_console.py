from __future__ import annotations

import io
import json
import sys

import pytest

from pertinent.cli import console
from pertinent.cli.console import one_line, print_json, resumable


def printed(monkeypatch: pytest.MonkeyPatch, value: object, encoding: str, **options: bool) -> bytes:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    print_json(value, **options)
    stream.flush()
    return raw.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
@pytest.mark.parametrize("text", ["plain", "naïve 血糖", "lone \ud800"])
def test_json_survives_every_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str, text: str) -> None:
    assert json.loads(printed(monkeypatch, {"text": text}, encoding)) == {"text": text}


def test_json_lines_are_one_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    out = printed(monkeypatch, {"text": "a\nb"}, "utf-8", lines=True)
    assert out.count(b"\n") == 1


def test_a_foreign_text_begins_no_line_of_its_own() -> None:
    assert one_line("a\nb\tc\x1b[1m") == "a b c\ufffd[1m"


def test_an_interruption_is_told_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    console.errors.cache_clear()
    with pytest.raises(KeyboardInterrupt), resumable():
        raise KeyboardInterrupt
    assert "goes on from there" in capsys.readouterr().err
    console.errors.cache_clear()
