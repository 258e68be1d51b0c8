"""Code as a user whom permissions bind, even where tests run as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_WITHOUT = "-dac_override,-dac_read_search,-fowner"


def run_bound_by_permissions(code: str, *arguments: object, temp: Path | None = None) -> str:
    """Run Python code in a process of its own, perhaps with its own folder for temporary files.

    Returns
    -------
    str
        What it printed.
    """
    command = [sys.executable, "-c", code, *map(str, arguments)]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("permissions do not bind root, and setpriv is not here to change that")
        command = ["setpriv", f"--bounding-set={_WITHOUT}", f"--inh-caps={_WITHOUT}", *command]
    paths = {"PYTHONPATH": os.pathsep.join(sys.path), **({"TMPDIR": str(temp)} if temp else {})}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **paths}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
