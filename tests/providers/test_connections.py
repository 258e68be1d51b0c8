from __future__ import annotations

import asyncio
import gzip

import pytest

from pertinent.errors import ProviderError, UsageError
from pertinent.providers import connections
from pertinent.providers.connections import Connections, is_success, parsed, user_agent
from pertinent.settings import ProviderSettings
from support.faulty_server import faulty_server, status


def posted(answer: object) -> tuple[int, object, bytes]:
    with faulty_server(usual=answer) as server:  # type: ignore[arg-type]
        url, headers = f"{server.address}/v1/rerank", {"Content-Type": "application/json"}
        return asyncio.run(Connections(ProviderSettings()).post(url, b"{}", headers))


def test_an_answer_is_read_no_further_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_ANSWER_BYTES", 1000)
    monkeypatch.setattr(connections, "MOST_ERROR_BYTES", 10)
    assert posted(status(200, {"a": 1}))[2] == b'{"a": 1}'
    code, _, body = posted(status(500, {"said": "x" * 500_000}))
    assert code == 500
    assert 10 < len(body) < 500_000


def test_where_the_environment_names_what_is_no_proxy_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "no-scheme://x")
    with pytest.raises(UsageError, match="proxy or the certificates"):
        asyncio.run(Connections(ProviderSettings()).post("http://127.0.0.1:9/", b"", {}))


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"[" * 100_000, gzip.compress(b"{}"), b"\xff"])
def test_what_is_no_json_is_no_answer(body: bytes) -> None:
    with pytest.raises(ProviderError, match="no JSON"):
        parsed(body)


def test_statuses_and_our_own_name() -> None:
    assert [is_success(code) for code in (199, 200, 204, 299, 300, 404, 500)] == [
        False, True, True, True, False, False, False,
    ]  # fmt: skip
    assert user_agent().startswith("pertinent")
