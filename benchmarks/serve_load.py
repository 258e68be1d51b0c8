"""What many clients get from ``pertinent serve``: times, pairs per second, refusals, memory.

Usage: ``python benchmarks/serve_load.py [--seconds 60] [--clients 64] [--requests 50000]``. The carried
reranker is called directly first and last, and served by a process of its own in between; the clients are in
this process. Writes ``benchmarks/results/serve_load.json`` unless ``--try`` is given. Let nothing else run.

Clients ask again as soon as they have an answer; one that is refused waits as long as ``Retry-After`` says.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from machine import write_result
from pertinent.engine.catalogue import CARRIED
from pertinent.engine.timing import sample_texts
from pertinent.rerankers.local import LocalReranker

DOCUMENTS = 20
TOKENS = 128
QUERIES = ("what lowers glucose?", "who measured sleep in the second year?", "does the kidney fail?")
CHECKS_OF_MEMORY = 10
SECONDS_TO_START = 120


@dataclass
class Seen:
    """What the clients of one phase saw."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    span: float = 0.0

    def summary(self, documents: int) -> dict[str, Any]:
        times = np.percentile(self.seconds, [50, 95, 99]) if self.seconds else [float("nan")] * 3
        return {
            "requests": len(self.seconds),
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "pairs_per_second": len(self.seconds) * documents / self.span,
            "p50_seconds": float(times[0]),
            "p95_seconds": float(times[1]),
            "p99_seconds": float(times[2]),
            "span_seconds": self.span,
        }


def bodies(documents: int, tokens: int) -> list[tuple[str, list[str]]]:
    """Requests that differ: each begins elsewhere in the texts."""
    texts, _ = sample_texts(CARRIED / "tokenizer.json", 64, tokens)
    return [
        (QUERIES[start % len(QUERIES)], [texts[(start * 7 + place) % 64] for place in range(documents)])
        for start in range(64)
    ]


def direct(requests: list[tuple[str, list[str]]], seconds: float) -> float:
    """Pairs per second of the engine alone."""
    reranker = LocalReranker()
    reranker.score(*requests[0])
    pairs, began = 0, time.perf_counter()
    for query, texts in itertools.cycle(requests):
        reranker.score(query, texts)
        pairs += len(texts)
        if time.perf_counter() - began > seconds:
            return pairs / (time.perf_counter() - began)
    raise AssertionError


async def ask(
    host: str, port: int, requests: Iterator[bytes], end: float, seen: Seen, most: list[int]
) -> None:
    """One client on one connection."""
    reader, writer = await asyncio.open_connection(host, port)
    while time.perf_counter() < end and most[0] > 0:
        most[0] -= 1
        began = time.perf_counter()
        writer.write(next(requests))
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        await reader.readexactly(int(headers["content-length"]))
        status = int(head[0].split()[1])
        seen.statuses[status] += 1
        if status == 200:
            seen.seconds.append(time.perf_counter() - began)
        elif status == 429:
            await asyncio.sleep(min(float(headers["retry-after"]), max(0.0, end - time.perf_counter())))
    writer.close()


def load(
    port: int, clients: int, seconds: float, requests: list[tuple[str, list[str]]], most: int = 1 << 60
) -> Seen:
    """So many clients for so long, or until so many requests are made."""
    written = [written_request(query, texts) for query, texts in requests]
    seen, left = Seen(), [most]

    async def run() -> None:
        end = time.perf_counter() + seconds
        streams = [itertools.cycle(written[place % 64 :] + written[: place % 64]) for place in range(clients)]
        await asyncio.gather(*(ask("127.0.0.1", port, stream, end, seen, left) for stream in streams))

    began = time.perf_counter()
    asyncio.run(run())
    seen.span = time.perf_counter() - began
    return seen


def written_request(query: str, texts: list[str]) -> bytes:
    body = json.dumps({"query": query, "documents": texts}).encode()
    head = f"POST /v2/rerank HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@contextmanager
def served() -> Iterator[tuple[int, int]]:
    """A server of its own: its port and its process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    code = "from pertinent.cli.app import main; main()"
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen([sys.executable, "-c", code, "serve", "--port", str(port)], stderr=log)
        try:
            wait_until_ready(port, server)
            yield port, server.pid
            server.send_signal(signal.SIGTERM)
            assert server.wait(60) == 0
        finally:
            server.kill()
            server.wait()


def wait_until_ready(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and server.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                if b" 200 " in connection.recv(64):
                    return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("the server did not become ready")


def resident_megabytes(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def memory(port: int, process: int, requests: int, clients: int) -> list[dict[str, float]]:
    """Resident memory as small requests go by."""
    small = bodies(2, 32)
    found = [{"requests": 0, "megabytes": resident_megabytes(process)}]
    for step in range(1, CHECKS_OF_MEMORY + 1):
        load(port, clients, 3600, small, requests // CHECKS_OF_MEMORY)
        found.append(
            {"requests": step * requests // CHECKS_OF_MEMORY, "megabytes": resident_megabytes(process)}
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--try", dest="trial", action="store_true", help="print only")
    given = parser.parse_args()
    requests = bodies(DOCUMENTS, TOKENS)
    alone = [direct(requests, given.seconds / 2)]
    with served() as (port, process):
        load(port, given.clients, min(5.0, given.seconds), requests)
        normal = load(port, given.clients, given.seconds, requests)
        twice = load(port, 2 * given.clients, given.seconds, requests)
        grown = memory(port, process, given.requests, 16)
    alone.append(direct(requests, given.seconds / 2))
    one, two = normal.summary(DOCUMENTS), twice.summary(DOCUMENTS)
    result = {
        "documents": DOCUMENTS,
        "tokens": TOKENS,
        "clients": given.clients,
        "direct_pairs_per_second": alone,
        "load": one,
        "twice": two,
        "share_of_direct": one["pairs_per_second"] / (sum(alone) / len(alone)),
        "p99_ratio": two["p99_seconds"] / one["p99_seconds"],
        "memory": grown,
    }
    print(json.dumps(result, indent=1))
    if not given.trial:
        write_result("serve_load", result)


if __name__ == "__main__":
    main()
