"""A server over real sockets that answers by a script: well, or badly in a chosen way."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

Say: TypeAlias = Callable[["Handler"], None]
"""Answers one request, well or badly."""


def send(handler: Handler, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def status(code: int, body: Any = None, headers: dict[str, str] | None = None) -> Say:
    """Answer with a status."""
    return lambda handler: send(handler, code, json.dumps(body).encode(), headers)


def body(text: str | bytes, headers: dict[str, str] | None = None) -> Say:
    """Answer 200 with these bytes."""
    data = text.encode() if isinstance(text, str) else text
    return lambda handler: send(handler, 200, data, headers)


def reset_mid_body(handler: Handler) -> None:
    """Promise more than comes, then reset the connection."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"scores": [0.')
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def close_at_once(handler: Handler) -> None:
    """Close without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def drip(seconds: float) -> Say:
    """A slow loris: a byte at a time, for ever."""

    def say(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        while not handler.server.closing.wait(seconds):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    return say


def hang(handler: Handler) -> None:
    """Say nothing until the server closes."""
    handler.server.closing.wait(30)
    handler.close_connection = True


def endless(handler: Handler) -> None:
    """A body without an end, as fast as it is read."""
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    while not handler.server.closing.is_set():
        handler.wfile.write(b" " * (1 << 20))


def good(handler: Handler) -> None:
    """Score by words that query and document share, in the shape of DeepInfra or of most others."""
    asked = handler.asked
    query = asked["query"] if "query" in asked else asked["queries"][0]
    documents = asked.get("documents") or asked.get("texts")
    words = set(query.casefold().split())
    scores = [(1 + 6 * len(words & set(text.casefold().split()))) / 50 for text in documents]
    if "queries" in asked:
        answer: Any = {"scores": scores, "input_tokens": 10 * len(scores), "request_id": "r-1"}
    else:
        rows = [{"index": at, "relevance_score": score} for at, score in enumerate(scores)]
        rows.sort(key=lambda row: -row["relevance_score"])
        answer = {"results": rows, "usage": {"total_tokens": 10 * len(scores)}, "id": "r-1"}
    send(handler, 200, json.dumps(answer).encode())


def embed(handler: Handler) -> None:
    """Vectors of a fixed direction for each length of text."""
    texts = handler.asked["input"]
    width = handler.asked.get("dimensions", 4)
    rows = [
        {"index": at, "embedding": [3.0, float(len(text)), *[0.5] * (width - 2)]}
        for at, text in enumerate(texts)
    ]
    answer = {"data": rows[::-1], "usage": {"prompt_tokens": len(texts)}}
    send(handler, 200, json.dumps(answer).encode())


@dataclass
class FaultyServer:
    """What it does, and what it was asked."""

    script: list[Say] = field(default_factory=list)
    """What the next requests get; then ``usual``."""

    usual: Say = good
    bodies: list[Any] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    address: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def count(self) -> int:
        """Requests so far."""
        return len(self.bodies)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, state: FaultyServer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.state = state
        self.closing = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no fault here."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server
    asked: Any

    def do_POST(self) -> None:
        state = self.server.state
        self.asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with state.lock:
            state.paths.append(self.path)
            state.bodies.append(self.asked)
            state.headers.append(dict(self.headers.items()))
            state.times.append(time.monotonic())
            say = state.script.pop(0) if state.script else state.usual
        say(self)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def faulty_server(*script: Say, usual: Say = good) -> Iterator[FaultyServer]:
    """Run one; its address is known inside the block."""
    state = FaultyServer(list(script), usual)
    server = Server(state)
    state.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
