from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No pertinent.toml and no .env but those that a test writes."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
