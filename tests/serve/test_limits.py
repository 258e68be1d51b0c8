"""Bounds on requests: bodies, documents, tokens, depth, hosts, paths."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx2
import pytest

from support.serving import Running

TINY = {"query": "q", "documents": ["a"]}


def post(server: Running, content: bytes, path: str = "/cohere/v2/rerank", **headers: str) -> httpx2.Response:
    return httpx2.post(server.address + path, content=content, headers=headers, timeout=60)


def test_a_body_that_is_too_large(server: Running) -> None:
    big = json.dumps({"query": "q", "documents": ["a" * (9 << 20)]}).encode()
    assert post(server, big).status_code == 413

    def chunks() -> Any:
        for _ in range(200):
            yield b" " * (1 << 16)

    answer = httpx2.post(f"{server.address}/cohere/v2/rerank", content=chunks(), timeout=60)
    assert answer.status_code == 413


def test_too_many_documents(server: Running) -> None:
    answer = server.post("/cohere/v2/rerank", {"query": "q", "documents": ["a"] * 2001})
    assert answer.status_code == 413
    assert "2001" in answer.json()["message"]


def test_too_many_tokens(server: Running) -> None:
    answer = server.post("/cohere/v2/rerank", {"query": "q", "documents": ["a " * 1_500_000]})
    assert answer.status_code == 413
    assert "tokens" in answer.json()["message"]


@pytest.mark.parametrize(
    "deep", [b"[" * 17 + b"]" * 17, b"[" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000]
)
def test_json_that_is_too_deep(server: Running, deep: bytes) -> None:
    assert post(server, deep).status_code == 400


@pytest.mark.parametrize(
    "content", [b'{"query": NaN}', b"\xff\xfe", b"1" * 5000, b'{"query": "q", "documents": ["\\ud800"]}']
)
def test_json_that_is_none(server: Running, content: bytes) -> None:
    assert post(server, content).status_code == 400


def test_unknown_paths_and_methods(server: Running) -> None:
    assert post(server, b"{}", "/nowhere").status_code == 404
    assert httpx2.get(f"{server.address}/v2/rerank").status_code == 405
    assert post(server, b"{}", "/tei/nowhere").json().keys() == {"error", "error_type"}


def test_without_keys_only_names_of_this_machine_are_answered_to(server: Running) -> None:
    content = json.dumps(TINY).encode()
    assert post(server, content, Host="localhost:1").status_code == 200
    answer = post(server, content, Host="example.org")
    assert answer.status_code == 421


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:3000", 200),
        ("http://127.0.0.1", 200),
        ("https://example.org", 403),
        ("http://localhost.example.org", 403),
        ("null", 403),
        ("http://localhost@example.org", 403),
    ],
)
def test_without_keys_pages_from_elsewhere_may_not_ask(server: Running, origin: str, status: int) -> None:
    assert post(server, json.dumps(TINY).encode(), Origin=origin).status_code == status


@pytest.mark.parametrize(
    "host",
    ["[", "[::1", "]", "a:b:c", "localhost.example.org", "127.0.0.1.example.org", "@localhost", "\xff"],
)
def test_strange_names_of_hosts(server: Running, host: str) -> None:
    address, port = server.address.removeprefix("http://").split(":")
    content = json.dumps(TINY).encode()
    head = f"POST /cohere/v2/rerank HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(content)}\r\n\r\n"
    with socket.create_connection((address, int(port)), timeout=10) as connection:
        connection.sendall(head.encode("latin-1") + content)
        status = int(connection.recv(4096).split()[1])
    assert status in (400, 421)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /v1/collections/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /v1/collections/..%2f..%2fetc HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /v1/inference/%ff HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /v2/rerank HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /v2/rerank HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + b"9" * 300 + b"\r\n\r\n",
        b"POST /v2/rerank HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v2/rerank HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"HEAD /v2/rerank HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_strange_heads(server: Running, head: bytes) -> None:
    address, port = server.address.removeprefix("http://").split(":")
    with socket.create_connection((address, int(port)), timeout=10) as connection:
        connection.sendall(head)
        answer = connection.recv(4096)
    assert not answer or 400 <= int(answer.split()[1]) < 500


def test_a_request_has_an_id(server: Running) -> None:
    content = json.dumps(TINY).encode()
    assert post(server, content, **{"X-Request-ID": "mine-1"}).headers["x-request-id"] == "mine-1"
    for strange in ("a b", "x" * 200, "<script>"):
        given = post(server, content, **{"X-Request-ID": strange}).headers["x-request-id"]
        assert given != strange
        assert len(given) == 32


def test_documentation_is_there(server: Running) -> None:
    assert httpx2.get(f"{server.address}/docs").status_code == 200
    paths = httpx2.get(f"{server.address}/openapi.json").json()["paths"]
    assert {"/v1/rerank", "/voyage/v1/rerank", "/tei/embed", "/v1/search", "/healthz"} <= paths.keys()


def test_numbers_are_there(server: Running) -> None:
    server.post("/cohere/v2/rerank", TINY)
    text = httpx2.get(f"{server.address}/metrics").text
    for name in ("queue_seconds", "tokenise_seconds", "inference_seconds", "tokens_total", "requests_total"):
        assert f"pertinent_{name}" in text
    assert 'dialect="cohere"' in text


def test_half_a_surrogate_pair_in_a_name_is_told_like_any_other(server: Running) -> None:
    answer = post(
        server, b'{"query": "q", "documents": ["a"], "\\ud800": 1}', "/fireworks/inference/v1/rerank"
    )
    assert answer.status_code == 400
    assert "\\ud800" in answer.text
    assert (
        post(server, b'{"collection": "notes", "query": "q", "\\udfff": 1}', "/v1/search").status_code == 422
    )
