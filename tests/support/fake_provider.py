"""A server on 127.0.0.1 that answers as OpenAI's chat completions do, or badly in a chosen way."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def completion(text: str | None, finish_reason: str = "stop") -> bytes:
    """An answer in the form of the interface."""
    message = {"role": "assistant", "content": text}
    return json.dumps({"choices": [{"message": message, "finish_reason": finish_reason}]}).encode()


@dataclass
class FakeProvider:
    """What it answers, and what it was asked."""

    write: Callable[[str], str | None] = lambda passage: f"what about {passage.split()[0]}?"
    faults: list[tuple[int, bytes, dict[str, str]]] = field(default_factory=list)
    """Status, body and headers of the next answers, before it does its work."""

    drip: float = 0.0
    """Seconds between the bytes of a body."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    address: str = ""

    @property
    def passages(self) -> list[str]:
        """What it was asked about."""
        return [request["messages"][-1]["content"] for request in self.requests]

    def answer(self, request: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
        """To one request."""
        self.requests.append(request)
        if self.faults:
            return self.faults.pop(0)
        return 200, completion(self.write(request["messages"][-1]["content"])), {}


def _handler(provider: FakeProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            provider.paths.append(self.path)
            provider.keys.append(self.headers.get("Authorization"))
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body, headers = provider.answer(asked)
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                size = 1 if provider.drip else max(1, len(body))
                for start in range(0, len(body), size):
                    self.wfile.write(body[start : start + size])
                    self.wfile.flush()
                    time.sleep(provider.drip)
            except OSError:
                pass  # the client had enough

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def fake_provider() -> Iterator[FakeProvider]:
    """Run one; its address is known inside the block."""
    provider = FakeProvider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.address = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
