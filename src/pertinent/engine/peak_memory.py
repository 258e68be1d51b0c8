"""How much memory this process has taken at most."""

from __future__ import annotations

import re
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")
"""Where Linux tells it; getrusage tells the peak of whoever started this process, where that is higher."""


def process_peak() -> int | None:
    """Most bytes that this process has held in memory so far; None where the system does not tell.

    Memory-mapped weights count once they were read. What child processes hold does not.

    Examples
    --------
    >>> peak = process_peak()
    >>> peak is None or peak > 1_000_000
    True
    """
    if STATUS.is_file():
        found = re.search(r"^VmHWM:\s*(\d+) kB$", STATUS.read_text(), re.MULTILINE)
        return int(found[1]) * 1024 if found else None
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # BSD counts in KiB


def gpu_peak(device: str) -> int | None:
    """Most bytes that torch has given out on a GPU to this process so far; None for another device.

    Parameters
    ----------
    device : str
        As torch calls it: ``"cuda"``, ``"cuda:1"``.

    Examples
    --------
    >>> gpu_peak("cpu") is None
    True
    """
    torch = sys.modules.get("torch")  # where nothing imported it, nothing was given out
    if torch is None or not device.startswith("cuda") or "," in device:
        return None
    return int(torch.cuda.max_memory_allocated(device))
