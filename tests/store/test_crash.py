"""Kill -9 at random moments; the long run is ``benchmarks/crash_store.py``."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pertinent.store import collection
from support.crash import HERE, MOMENTS, CrashTest, Promised, Victim
from support.crash_documents import digest


def test_killed_writers(folder):
    test = CrashTest(folder, seed=20)
    outcomes = [test.kill_once(moment) for moment in (*MOMENTS[1:], "opening")]
    assert [outcome.faults for outcome in outcomes] == [[]] * len(outcomes)
    assert sum(outcome.acknowledged for outcome in outcomes) > 0


def test_readers_beside_a_writer_that_is_killed(folder):
    victim = Victim(folder, 3, 0)
    victim.read_until("opened")
    command = [sys.executable, str(HERE / "crash_reader.py"), str(folder)]
    reader = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert reader.stdout is not None
        seen = [json.loads(reader.stdout.readline())]
        victim.read_until("done", "publish")
        seen.append(json.loads(reader.stdout.readline()))
        victim.read_until("start", "replace")
    finally:
        victim.kill()
        reader.kill()
        rest, _ = reader.communicate()
    seen += [json.loads(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    assert [line["faults"] for line in seen] == [[]] * len(seen)
    assert seen[-1]["generation"] > seen[0]["generation"]
    with collection.open_reader(folder):
        # What the killed reader left is gone; only our own copy is there.
        assert len(list((folder / "readers").glob("*.lock"))) == 1


LINES = (
    {"opened": [], "stored": {}, "generation": 1},
    {"start": "index", "changes": {"a": 1, "b": 1}},
    {"done": "index", "generation": 1},
    {"start": "publish", "changes": {}},
    {"done": "publish", "generation": 2},
    {"start": "replace", "changes": {"b": 2, "c": 2}},
)


@pytest.mark.parametrize(
    ("lost", "stored", "generation", "faulty"),
    [
        ([], {"a": 1, "b": 1}, 2, False),
        ([], {"a": 1, "b": 2, "c": 2}, 2, False),
        ([], {"b": 1}, 2, True),
        ([], {"a": 2, "b": 1}, 2, True),
        ([], {"a": 1}, 2, True),
        ([], {"a": 1, "b": 1, "d": 1}, 2, True),
        ([], {"a": 1, "b": 1}, 1, True),
        ([], {"a": 1, "b": 1}, 3, True),
        (["b"], {"a": 1, "b": 1}, 2, True),
    ],
)
def test_an_opening_is_compared_with_what_was_acknowledged(lost, stored, generation, faulty):
    promised = Promised()
    for line in (*LINES, {"opened": lost, "stored": stored, "generation": generation}):
        promised.read(line)
    assert bool(promised.faults) == faulty


def test_a_reader_is_compared_with_what_was_published():
    promised = Promised()
    for line in LINES:
        promised.read(line)
    promised.check_published(2, digest({"a": 1, "b": 1}))
    for line in ({"done": "replace", "generation": 2}, {"start": "publish", "changes": {}}):
        promised.read(line)
    promised.check_published(2, digest({"a": 1, "b": 1}))
    promised.check_published(3, digest({"a": 1, "b": 2, "c": 2}))
    assert not promised.faults
    promised.check_published(2, digest({"a": 1, "b": 2, "c": 2}))
    promised.check_published(3, digest({"a": 1, "b": 1}))
    promised.check_published(1, digest({}))
    assert len(promised.faults) == 3
