"""Work on what cannot be trusted, done in a process of its own that has bounded time and memory."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from importlib import import_module; import_module(sys.argv[2]).main()"
)


def run_child(module: str, job: bytes, *, seconds: float) -> bytes:
    """Run ``main()`` of a module in a new Python that finds the same packages.

    Parameters
    ----------
    module : str
        Its name. ``main`` reads the job from stdin, calls :func:`limit_process`, and writes to stdout.
    job : bytes
        What it is to do.
    seconds : float
        After so long it is killed.

    Returns
    -------
    bytes
        What it wrote; cut short where it was killed at a limit of its own.

    Raises
    ------
    subprocess.TimeoutExpired
        If it took longer.
    OSError
        If it could not be started.
    """
    command = [sys.executable, "-c", _START, json.dumps([str(folder) for folder in sys.path]), module]
    return subprocess.run(command, input=job, capture_output=True, timeout=seconds, check=False).stdout


def limit_process(*, seconds: int, memory: int) -> None:
    """Bound this process: seconds of processor time, and bytes of address space, where the system can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
