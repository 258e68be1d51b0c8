"""What is refused before a route sees it: hosts, origins, heads."""

from __future__ import annotations

import json
import socket

import pytest

from support.serving import Running

TINY = {"query": "q", "documents": ["a"]}


def test_without_keys_only_names_of_this_machine_are_answered_to(server: Running) -> None:
    content = json.dumps(TINY).encode()
    assert server.send(content, Host="localhost:1").status_code == 200
    answer = server.send(content, Host="example.org")
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
    assert server.send(json.dumps(TINY).encode(), Origin=origin).status_code == status


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
    assert server.send(content, **{"X-Request-ID": "mine-1"}).headers["x-request-id"] == "mine-1"
    for strange in ("a b", "x" * 200, "<script>"):
        given = server.send(content, **{"X-Request-ID": strange}).headers["x-request-id"]
        assert given != strange
        assert len(given) == 32
