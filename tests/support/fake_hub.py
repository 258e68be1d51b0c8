"""A hub on 127.0.0.1 that speaks what huggingface_hub asks: listings, headers, files, ranges.

It counts what it sends, and can cut a connection, stall, damage a file, refuse, or answer nonsense.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "tiny/judge"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in."""

    method: str
    path: str
    start: int
    authorized: bool
    port: int


@dataclass
class FakeHub:
    """One repository, and how the hub misbehaves."""

    files: dict[str, bytes]
    commit: str = COMMIT
    branches: dict[str, str] = field(default_factory=lambda: {"main": COMMIT})
    requests: list[Request] = field(default_factory=list)
    sent: int = 0
    """Bytes of files that were sent."""

    cuts: list[int] = field(default_factory=list)
    """After so many bytes the next file, and those after it, break off; one entry a file."""

    refuse_files: int = 0
    refuse_all: int = 0
    error_code: str = ""
    damaged: set[str] = field(default_factory=set)
    ignore_ranges: bool = False
    listing: dict[str, Any] = field(default_factory=dict)
    """What replaces fields of the listing."""

    raw_listing: bytes | None = None
    cdn: bool = False
    """Whether large files are sent from another address, as the true hub does."""

    stalled: threading.Event = field(default_factory=threading.Event)
    stall_after: int | None = None
    ports: list[int] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    def served(self, name: str) -> list[Request]:
        """Requests for the content of one file."""
        return [r for r in self.requests if r.method == "GET" and r.path.endswith(f"/{name}")]

    def describe(self) -> dict[str, Any]:
        """What the API says of the repository."""
        siblings = []
        for name, content in self.files.items():
            entry: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": git_digest(content)}
            if is_large(name):
                sha256 = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"size": len(content), "sha256": sha256, "pointerSize": 134}
            siblings.append(entry)
        return {"id": REPOSITORY, "sha": self.commit, "siblings": siblings, **self.listing}

    def resolve(self, revision: str) -> bool:
        return revision in {self.commit, *self.branches}


def is_large(name: str) -> bool:
    """Whether the hub keeps it in its large file storage."""
    return name.endswith(".safetensors") or name == "tokenizer.json"


def git_digest(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def digest(name: str, content: bytes) -> str:
    """The file's name in the cache."""
    return hashlib.sha256(content).hexdigest() if is_large(name) else git_digest(content)


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        return

    def _answer(self) -> None:
        hub, path = self.hub, unquote(urlsplit(self.path).path)
        port = self.server.server_address[1]
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        authorized = "Authorization" in self.headers
        hub.requests.append(Request(self.command, path, start, authorized, int(port)))
        if hub.refuse_all:
            self._refuse(hub.refuse_all, hub.error_code)
        elif path.startswith("/api/models/"):
            self._list(path)
        else:
            self._send(path, start)

    def _list(self, path: str) -> None:
        name, _, revision = path.removeprefix("/api/models/").partition("/revision/")
        if name != REPOSITORY:
            self._refuse(404, "RepoNotFound")
        elif not self.hub.resolve(revision or "main"):
            self._refuse(404, "RevisionNotFound")
        else:
            raw = self.hub.raw_listing
            body = json.dumps(self.hub.describe()).encode() if raw is None else raw
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def _send(self, path: str, start: int) -> None:
        hub = self.hub
        revision, _, name = path.removeprefix(f"/{REPOSITORY}/resolve/").partition("/")
        if not hub.resolve(revision) or name not in hub.files:
            self._refuse(404, "EntryNotFound")
            return
        if hub.refuse_files:
            self._refuse(hub.refuse_files, hub.error_code)
            return
        content = hub.files[name]
        if hub.cdn and is_large(name) and self.server.server_address[1] == hub.ports[0]:
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{hub.ports[1]}{self.path}")
            self._describe(name, content)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = 0 if hub.ignore_ranges else start
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self._describe(name, content)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if self.command == "GET":
            self._body(name, content[start:])

    def _describe(self, name: str, content: bytes) -> None:
        self.send_header("X-Repo-Commit", self.hub.commit)
        self.send_header("ETag", f'"{digest(name, content)}"')
        if is_large(name):
            self.send_header("X-Linked-Etag", f'"{digest(name, content)}"')
            self.send_header("X-Linked-Size", str(len(content)))

    def _body(self, name: str, body: bytes) -> None:
        hub = self.hub
        if name in hub.damaged:
            body = bytes([body[0] ^ 1]) + body[1:]
        if hub.cuts and is_large(name):
            body = body[: hub.cuts.pop(0)]
        if hub.stall_after is not None and len(body) > hub.stall_after:
            self.wfile.write(body[: hub.stall_after])
            self.wfile.flush()
            hub.sent += hub.stall_after
            hub.stalled.set()
            self.connection.settimeout(30)
            with suppress(ConnectionError):
                self.connection.recv(1)  # until the other side has gone
            return
        self.wfile.write(body)
        hub.sent += len(body)

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def running_hub(files: dict[str, bytes]) -> Iterator[FakeHub]:
    """Serve a repository until the block ends."""
    hub = FakeHub(files)
    handler = type("Handler", (_Handler,), {"hub": hub})
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in servers]
    hub.ports = [int(server.server_address[1]) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()
