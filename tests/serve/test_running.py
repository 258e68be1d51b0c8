"""A server as a process: `pertinent serve`, its logs, its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from pertinent.errors import UsageError
from pertinent.serve.options import ServerOptions

BODY = {"query": "what lowers glucose?", "documents": ["Metformin lowers glucose. " * 20] * 16}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(tmp_path: Path, port: int, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", "from pertinent.cli.app import main; main()"]
    environment = {**os.environ, "PERTINENT_HOME": str(tmp_path / "home")}
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            [*command, "serve", "--port", str(port), *arguments], stderr=log, env=environment, text=True
        ) as started,
    ):
        try:
            end = time.monotonic() + 60
            while time.monotonic() < end and started.poll() is None:
                try:
                    if httpx2.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                        break
                except httpx2.TransportError:
                    pass
                time.sleep(0.05)
            yield started
        finally:
            started.kill()


def test_sigterm_under_load_loses_no_accepted_request(tmp_path: Path) -> None:
    port = free_port()
    outcomes: Counter[str] = Counter()
    ended = threading.Event()

    def ask() -> None:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            while not ended.is_set():
                try:
                    answer = client.post("/v1/rerank", json=BODY)
                    whole = answer.status_code != 200 or len(answer.json()["results"]) == 16
                    outcomes[str(answer.status_code) if whole else "torn"] += 1
                except httpx2.ConnectError:
                    outcomes["refused"] += 1  # never accepted
                    return
                except httpx2.TransportError:
                    outcomes["reset"] += 1  # still in the system's queue as the server went
                if outcomes["503"] > 50:
                    time.sleep(0.05)

    with process(tmp_path, port) as server:
        clients = [threading.Thread(target=ask) for _ in range(8)]
        for client in clients:
            client.start()
        while sum(outcomes.values()) < 16:
            time.sleep(0.05)
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
        ended.set()
        for client in clients:
            client.join()
    assert outcomes["200"] >= 16
    assert outcomes["503"] > 0
    assert outcomes["torn"] == 0
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    answered = Counter(
        str(line["status"])
        for line in lines
        if line["event"] == "request" and line["operation"] == "/v1/rerank"
    )
    # Every request that the server read was answered, and its answer arrived.
    assert answered == {status: outcomes[status] for status in ("200", "503")}
    assert "Metformin" not in (tmp_path / "log").read_text()
    assert "glucose" not in (tmp_path / "log").read_text()
    ending = next(line for line in lines if line["event"] == "ending")
    assert ending["unfinished"] == 0


def test_after_kill_it_is_ready_again_within_seconds(tmp_path: Path) -> None:
    port = free_port()
    with process(tmp_path, port) as server:
        server.kill()
        server.wait(10)
    began = time.monotonic()
    with process(tmp_path, port):
        assert httpx2.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
        assert time.monotonic() - began < 20


def test_a_missing_model_ends_it_with_a_clear_error(tmp_path: Path) -> None:
    with process(tmp_path, free_port(), "--model", str(tmp_path / "absent")) as server:
        assert server.wait(30) != 0
    said = (tmp_path / "log").read_text()
    assert "Error:" in said
    assert "Traceback" not in said


def test_a_port_in_use_is_a_clear_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with process(tmp_path, taken.getsockname()[1]) as server:
            assert server.wait(30) == 2
    assert "cannot be listened on" in (tmp_path / "log").read_text()


def test_others_are_never_served_without_keys() -> None:
    for host in ("0.0.0.0", "192.0.2.1", "example.org", "::"):
        with pytest.raises(UsageError):
            ServerOptions(host=host)
    assert ServerOptions(host="::1").keys is None
