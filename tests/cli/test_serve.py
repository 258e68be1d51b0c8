from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pertinent.cli.serve import serve
from pertinent.errors import UsageError
from pertinent.serve.options import Limits, ServerOptions
from pertinent.settings import load_settings

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


def told(monkeypatch: pytest.MonkeyPatch, **options: Any) -> ServerOptions:
    found: list[ServerOptions] = []
    monkeypatch.setattr("pertinent.serve.running.serve", found.append)
    serve(**options)
    (one,) = found
    return one


def test_without_options_it_is_the_carried_models_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch) == ServerOptions()


def test_every_option_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    found = told(
        monkeypatch,
        models=["a", "b=c"],
        embedders=["e"],
        collections=Path("here"),
        port=9,
        max_requests=8,
        max_body_mb=2,
        cache=True,
        traces=True,
    )
    assert (found.models, found.embedders, found.collections, found.port) == (
        ("a", "b=c"),
        ("e",),
        Path("here"),
        9,
    )
    assert (found.cache, found.traces) == (True, True)
    assert (found.limits.requests, found.limits.client_requests) == (8, 6)
    assert found.limits.body_bytes == 2 << 20
    assert found.limits.documents == Limits().documents


def test_one_request_at_a_time_is_somebodys(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, max_requests=1).limits.client_requests == 1


def test_others_are_answered_with_keys_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    file = load_settings().home / "keys.json"
    assert told(monkeypatch, host="0.0.0.0").keys == file
    assert told(monkeypatch, keys=True).keys == file
    assert told(monkeypatch, host="::1").keys is None
    with pytest.raises(UsageError, match="Without API keys"):
        told(monkeypatch, host="0.0.0.0", keys=False)
