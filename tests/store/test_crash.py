"""Kill -9 at random moments; the long run is ``benchmarks/crash_store.py``."""

from __future__ import annotations

import json
import subprocess
import sys

from pertinent.store import collection
from support.crash import HERE, MOMENTS, CrashTest, Victim


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
