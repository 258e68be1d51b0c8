"""Files that are read in a process of their own, so that one that breaks its reader costs that file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from pertinent.engine.child_process import limit_process, run_child

MAX_BYTES = 4 << 30
"""Address space of the process that reads."""


def read_apart(child: str, data: bytes, limits: Mapping[str, int], *, seconds: int) -> dict[str, Any]:
    """What a module makes of a file's content.

    Parameters
    ----------
    child : str
        Name of the module; its ``main`` calls :func:`answer`.
    data : bytes
        The content.
    limits : Mapping[str, int]
        What its reader is called with.
    seconds : int
        Processor time after which the process is killed; the clock may show twice as much.

    Returns
    -------
    dict
        What the reader gave; ``{"refused": why}`` where it came to no end.
    """
    job = {"limits": dict(limits), "seconds": seconds, "memory": MAX_BYTES}
    try:
        written = run_child(child, json.dumps(job).encode() + b"\n" + data, seconds=2 * seconds)
        outcome: dict[str, Any] = json.loads(written)
    except subprocess.TimeoutExpired:
        return {"refused": "reading it takes too long"}
    except OSError:
        return {"refused": "no process could be started to read it"}
    except ValueError:  # the process ended at a limit, or by a fault in native code
        return {"refused": "reading it takes too much time or memory, or fails"}
    return outcome


def answer(read: Callable[..., dict[str, Any]]) -> None:
    """In the process: read the job, limit this process, read the file and write what was read."""
    job = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    limit_process(seconds=job["seconds"], memory=job["memory"])
    json.dump(read(data, **job["limits"]), sys.stdout)
