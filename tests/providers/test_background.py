"""The one event loop: a wait that is interrupted cancels the work, and a forked process has its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pertinent.errors import Abandoned
from pertinent.providers.background import Report, run
from support.faulty_server import faulty_server, hang

FORK = """
import os, sys
from support.faulty_server import faulty_server
from support.services import remote
with faulty_server() as server:
    reranker = remote(server)
    assert len(reranker.score("q", ["a"])) == 1
    child = os.fork()
    if child == 0:
        os._exit(len(reranker.score("q", ["a", "b"])))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    assert len(reranker.score("q", ["a"])) == 1
"""


def test_a_report_that_raises_cancels_the_work_and_leaves_the_loop_running() -> None:
    ended: list[str] = []

    async def work(report: Report) -> int:
        try:
            report(1)
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return 1

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    async def quick(report: Report) -> int:
        return 7

    with pytest.raises(KeyboardInterrupt):
        run(work, interrupt)
    assert run(quick) == 7
    assert ended == ["cancelled"]


def test_a_forked_process_has_its_own_loop_and_connections() -> None:
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", FORK], cwd=tests, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_process_ends_at_once_while_a_request_is_under_way() -> None:
    program = """
import contextlib, sys, threading
from support.services import remote
reranker = remote(sys.argv[1])
def ask():
    with contextlib.suppress(BaseException):  # it is cancelled when the process ends
        reranker.score("q", ["a"])
threading.Thread(target=ask, daemon=True).start()
sys.stdin.read()
"""
    tests = Path(__file__).parents[1]
    with faulty_server(usual=hang) as server:
        command = [sys.executable, "-c", program, server.address]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=tests, stdin=pipe, stderr=pipe, text=True) as process:
            end = time.monotonic() + 60
            while not server.count and time.monotonic() < end:
                time.sleep(0.01)
            _, told = process.communicate("", timeout=30)
    assert (server.count, process.returncode, told) == (1, 0, "")


def test_whoever_waits_hears_of_the_same_progress_again_and_can_end_the_wait() -> None:
    heard: list[int] = []
    ended: list[str] = []

    async def work(_: Report) -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    def report(number: int) -> None:
        heard.append(number)
        if len(heard) == 2:
            raise Abandoned

    begun = time.monotonic()
    with pytest.raises(Abandoned):
        run(work, report)
    assert time.monotonic() - begun < 5
    while not ended and time.monotonic() - begun < 10:
        time.sleep(0.01)
    assert (heard, ended) == ([0, 0], ["cancelled"])
