"""Where numbers were computed: the machine, and versions of the packages that make them."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "pertinent",
    "numpy",
    "openvino",
    "qdrant-edge-py",
    "tokenizers",
    "ir-measures",
    "pytrec_eval-terrier",
    "scipy",
)
"""Packages that make numbers wherever they are installed."""

WHERE_LOADED = ("torch", "transformers")
"""Packages that make numbers where something has imported them."""

PROCESSOR_FILE = Path("/proc/cpuinfo")


def describe_machine() -> dict[str, Any]:
    """Describe this machine in plain values for JSON.

    Returns
    -------
    dict
        ``processor``, ``cores`` (that this process may use), ``memory_gib``, ``system``, ``python`` and,
        where torch is loaded and sees one, ``gpu``.

    Examples
    --------
    >>> describe_machine()["cores"] >= 1
    True
    """
    found: dict[str, Any] = {
        "processor": _processor(),
        "cores": usable_cores(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }
    gpu = _gpu()
    return {**found, "gpu": gpu} if gpu else found


def package_versions() -> dict[str, str]:
    """Versions of the packages that make numbers, without those that are not here.

    Examples
    --------
    >>> "numpy" in package_versions()
    True
    """
    names = [*PACKAGES, *(name for name in WHERE_LOADED if name in sys.modules)]
    return {name: found for name in names if (found := _installed(name))}


def usable_cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    if PROCESSOR_FILE.is_file():
        for line in PROCESSOR_FILE.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _gpu() -> str:
    """Name of the GPU; torch is not imported for it."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return ""
    names = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return ", ".join(names)


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
