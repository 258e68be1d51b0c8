"""Several processes say what one engine says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.engine import data_parallel
from pertinent.engine.checkpoint import open_checkpoint
from pertinent.engine.data_parallel import PART_TOKENS, DataParallelEngine
from pertinent.engine.torch_engine import TorchEngine
from pertinent.errors import ModelError, UsageError
from support.tiny_models import random_ids, tiny_model


def by_place(batches: Iterable[tuple[tuple[int, ...], Any]]) -> dict[int, Any]:
    return {place: row for places, rows in batches for place, row in zip(places, rows, strict=True)}


def test_two_processes_say_what_one_engine_says(tmp_path: Path) -> None:
    tiny_model(tmp_path)
    checkpoint = open_checkpoint(tmp_path)
    vector = checkpoint.margin_vector(7, 9)
    generator = np.random.default_rng(0)
    prefix = [random_ids(generator, 9), random_ids(generator, 4)]
    tails = [random_ids(generator, int(n)) for n in generator.integers(1, 30, 70)]
    alone = TorchEngine(checkpoint, vector, device="cpu", dtype="float32")
    expected = by_place(alone.margins(prefix, tails))
    engine = DataParallelEngine(checkpoint, vector, ["cpu", "cpu"], dtype="float32")
    try:
        assert (engine.dtype, engine.device) == ("float32", "cpu,cpu")
        batches = list(engine.margins(prefix, tails))
        states = by_place(engine.states(tails[:20]))
        pruned, exact = engine.pruned_margins(prefix, tails, 3)
        stopped = engine.margins(prefix, tails)
        next(stopped)
        stopped.close()
        for worker in engine._workers:
            os.kill(next(iter(worker._processes)), signal.SIGINT)  # as Ctrl-C in a terminal does
        assert list(engine.margins(prefix, [])) == []
        engine._workers[0].submit(os._exit, 1)
        with pytest.raises(ModelError, match="process of the model ended"):
            list(engine.margins(prefix, tails))
    finally:
        engine.close()
    assert len(batches) > 2
    found = by_place(batches)
    assert found.keys() == expected.keys()
    assert max(abs(found[place] - expected[place]) for place in found) <= 1e-4
    for place, state in by_place(alone.states(tails[:20])).items():
        assert np.abs(states[place] - state).max() <= 1e-4
    assert exact.sum() < len(pruned) == 70


def test_a_fault_while_loading_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tiny_model(tmp_path)
    checkpoint = open_checkpoint(tmp_path)
    with pytest.raises(UsageError, match="no device 'cuda:99'"):
        DataParallelEngine(checkpoint, None, ["cpu", "cuda:99"])
    assert "Traceback" not in capfd.readouterr().err


def test_devices_that_choose_different_types_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_model(tmp_path)
    types = iter(["float32", "bfloat16"])
    monkeypatch.setattr(data_parallel, "_result", lambda future: next(types))
    with pytest.raises(UsageError, match="different types: bfloat16, float32"):
        DataParallelEngine(open_checkpoint(tmp_path), None, ["cpu", "cpu"])


@given(
    st.lists(st.integers(0, PART_TOKENS * 2), max_size=40).map(lambda found: sorted(found, reverse=True)),
    st.integers(1, 50),
)
def test_parts_are_bounded(lengths: list[int], most: int) -> None:
    sequences = [np.broadcast_to(np.int32(1), length) for length in lengths]
    parts = data_parallel._parts(list(range(len(lengths))), sequences, most)
    assert [place for part in parts for place in part] == list(range(len(lengths)))
    for part in parts:
        assert 0 < len(part) <= most
        assert len(part) == 1 or sum(lengths[place] for place in part) <= PART_TOKENS


KILLED = """
import os, signal, sys
from pathlib import Path
from pertinent.engine.checkpoint import open_checkpoint
from pertinent.engine.data_parallel import DataParallelEngine

engine = DataParallelEngine(open_checkpoint(Path(sys.argv[1])), None, ["cpu"])
print(*engine._workers[0]._processes, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_processes_end_with_one_that_was_killed(tmp_path: Path) -> None:
    tiny_model(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    worker = Path("/proc") / done.stdout.strip() / "stat"
    until = time.monotonic() + 20
    while is_running(worker) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_running(worker)


def is_running(stat: Path) -> bool:
    """Whether a process is there and is not merely waiting for someone to ask how it ended."""
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
