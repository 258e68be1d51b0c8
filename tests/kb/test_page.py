"""The example of docs/knowledge-base.md runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.knowledge import write

PAGE = Path(__file__).parents[2] / "docs" / "knowledge-base.md"


def test_the_python_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "notes", tides="The moon pulls the sea.", rain="Clouds carry rain.")
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall("```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    exec(example, {})
    assert capsys.readouterr().out.splitlines()[:2] == ["2", "tides.md"]
