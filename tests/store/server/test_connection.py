from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pertinent.errors import LocalOnlyError, SettingsError, StoreError, UsageError
from pertinent.providers.leaving import texts_stay
from pertinent.settings import load_settings
from pertinent.store.server.connection import ServerAddress, connect, server_address

KEY = "a-secret-key"


@contextmanager
def answering(status: int, body: str) -> Iterator[tuple[str, list[str | None]]]:
    """A server with one answer to everything; tells the keys that it was shown."""
    keys: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys.append(self.headers.get("api-key"))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", keys
    finally:
        server.shutdown()
        server.server_close()


def version(number: str) -> str:
    return f'{{"title": "qdrant", "version": "{number}"}}'


@pytest.mark.filterwarnings("error")
def test_the_key_is_sent_and_never_told() -> None:
    with answering(200, version("1.17.2")) as (url, keys):
        connect(ServerAddress(url, KEY)).close()
        connect(ServerAddress(url)).close()
    assert keys == [KEY, None]
    assert KEY not in repr(ServerAddress(url, KEY)) + str(ServerAddress(url, KEY))
    for status in (401, 403, 500):
        with answering(status, f"wrong key {KEY}") as (url, _), pytest.raises(StoreError) as caught:
            connect(ServerAddress(url, KEY))
        assert KEY not in str(caught.value)
        assert str(status) in caught.value.message
        assert ("PERTINENT_QDRANT_API_KEY" in caught.value.hint) == (status != 500)


@pytest.mark.parametrize("number", ["1.15.9", "0.11", "soon"])
def test_servers_without_conditional_updates_are_refused(number: str) -> None:
    with answering(200, version(number)) as (url, _), pytest.raises(StoreError, match=r"older than 1\.16"):
        connect(ServerAddress(url))


@pytest.mark.parametrize("body", ["", "[]", "{}", "not json", '{"version": 7}'])
def test_what_is_no_qdrant_is_told(body: str) -> None:
    with answering(200, body) as (url, _), pytest.raises(StoreError, match="Reaching the Qdrant server"):
        connect(ServerAddress(url))


def test_nobody_there() -> None:
    with answering(200, "") as (url, _):
        pass
    with pytest.raises(StoreError, match="did not answer"):
        connect(ServerAddress(url, timeout=2))


def test_nothing_is_asked_where_texts_stay() -> None:
    with answering(200, version("1.17.0")) as (url, keys), texts_stay(), pytest.raises(LocalOnlyError):
        connect(ServerAddress(url))
    assert keys == []


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "qdrant_client", None)
    with pytest.raises(UsageError, match=r"pertinent\[server\]"):
        connect(ServerAddress("http://127.0.0.1:1"))


def test_a_key_goes_to_the_address_it_belongs_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERTINENT_QDRANT_API_KEY", KEY)
    assert server_address("https://one.example/").key == KEY
    monkeypatch.setenv("PERTINENT_QDRANT_URL", "https://one.example")
    monkeypatch.setenv("PERTINENT_QDRANT_TIMEOUT", "7")
    load_settings.cache_clear()
    assert server_address() == ServerAddress("https://one.example", KEY, 7.0)
    assert server_address("https://one.example/").key == KEY
    assert server_address("https://other.example").key == ""
    monkeypatch.setenv("PERTINENT_QDRANT_API_KEY", "naïve")
    with pytest.raises(SettingsError) as caught:
        server_address()
    assert "naïve" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "ftp://host", "host:6333", "https://user:secret@host", "https://host?key=secret", "http://"]
)
def test_addresses_that_cannot_be_used(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        server_address(url)
    assert "secret" not in str(caught.value)


def test_what_others_can_read_is_known() -> None:
    for url, told in (("http://host:6333", True), ("https://host", False), ("http://localhost:6333", False)):
        assert ServerAddress(url).in_clear is told
