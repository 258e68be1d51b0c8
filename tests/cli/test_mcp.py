from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pertinent.cli.mcp import mcp
from pertinent.errors import UsageError
from pertinent.kb.settings import load_pipeline_settings
from pertinent.settings import load_settings

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a server would have been started with."""
    told: list[Any] = []
    load_pipeline_settings.cache_clear()
    monkeypatch.setattr("pertinent.serve.logs.log_as_json", lambda: None)
    monkeypatch.setattr("pertinent.mcp.stdio.serve_stdio", told.append)
    monkeypatch.setattr("pertinent.mcp.http.serve_http", lambda *both: told.extend(both))
    return told


def test_collections_are_those_of_the_option_else_of_the_settings(
    told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_COLLECTIONS", "ward,notes")
    mcp()
    mcp(collections=["own"], allow_write=True)
    assert [visible.names for visible in told] == [("ward", "notes"), ("own",)]
    assert [visible.writable for visible in told] == [False, True]


def test_over_http_this_machine_needs_no_keys_and_others_do(told: list[Any]) -> None:
    mcp(http=True)
    mcp(http=True, keys=True)
    mcp(http=True, host="0.0.0.0", port=0)
    options = told[1::2]
    assert [(one.host, one.port) for one in options] == [
        ("127.0.0.1", 8001), ("127.0.0.1", 8001), ("0.0.0.0", 0),
    ]  # fmt: skip
    file = load_settings().home / "keys.json"
    assert [one.keys for one in options] == [None, file, file]


@pytest.mark.parametrize("option", [{"host": "127.0.0.1"}, {"port": 8001}, {"keys": False}], ids=str)
def test_options_of_http_without_it_are_refused(option: dict[str, Any], told: list[Any]) -> None:
    with pytest.raises(UsageError, match="Add --http"):
        mcp(**option)
    assert told == []


def test_others_are_never_answered_without_keys(told: list[Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Without API keys"):
        mcp(http=True, host="0.0.0.0", keys=False)
    assert told == []
