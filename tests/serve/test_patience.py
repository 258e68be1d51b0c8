"""Connections that say nothing, say it slowly, or do not listen."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from uvicorn.protocols.http.flow_control import FlowControl

from pertinent.serve.options import Limits, ServerOptions
from pertinent.serve.patience import patient
from support.serving import Running, running

SECONDS = 0.5


@pytest.fixture(scope="module")
def hasty(_float32: None) -> Iterator[Running]:
    limits = Limits(head_seconds=SECONDS)
    with running(ServerOptions(port=0, limits=limits)) as server:
        yield server


def connect(server: Running) -> socket.socket:
    host, port = server.address.removeprefix("http://").split(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(10)
    connection.connect((host, int(port)))
    return connection


def request(body: bytes, path: str = "/v1/rerank") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


TINY = request(b'{"query": "q", "documents": ["a"]}')


@pytest.mark.parametrize("said", [b"", b"POST /v1/rer", TINY[:60]])
def test_a_head_that_does_not_come(hasty: Running, said: bytes) -> None:
    with connect(hasty) as connection:
        connection.sendall(said)
        assert connection.recv(4096) == b""


def drip(connection: socket.socket, data: bytes) -> None:
    """Send byte by byte."""
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(0.02)


def test_a_head_that_comes_byte_by_byte(hasty: Running) -> None:
    with connect(hasty) as connection, pytest.raises((BrokenPipeError, ConnectionResetError)):
        drip(connection, TINY * 3)


def test_what_goes_on_after_the_answer(hasty: Running) -> None:
    with connect(hasty) as connection:
        connection.sendall(b"POST /v1/rerank HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n")
        assert b" 413 " in connection.recv(4096)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            drip(connection, b" " * 500)


class Wire:
    """As much of a transport as is needed to see that it ends."""

    aborted = False

    def abort(self) -> None:
        self.aborted = True


@pytest.mark.parametrize("reads", [False, True])
def test_an_answer_that_nobody_reads(reads: bool) -> None:
    async def ended() -> bool:
        protocol = object.__new__(patient(Limits(write_seconds=0.01)))
        protocol.transport = wire = Wire()  # type: ignore[assignment]
        protocol.flow = FlowControl(protocol.transport)
        protocol.pause_writing()
        if reads:
            protocol.resume_writing()
        await asyncio.sleep(0.05)
        return wire.aborted

    assert asyncio.run(ended()) is not reads


def test_idle_connections_are_kept(hasty: Running) -> None:
    connection = HTTPConnection(hasty.address.removeprefix("http://"), timeout=20)
    connection.connect()
    opened = connection.sock
    for _ in range(2):
        connection.request("POST", "/v1/rerank", b'{"query": "q", "documents": ["a"]}')
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()
        time.sleep(2 * SECONDS)
    assert connection.sock is opened
    connection.close()
