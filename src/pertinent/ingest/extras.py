"""Formats that need a package which is not installed with the rest."""

from __future__ import annotations

from importlib.util import find_spec


def missing_extra(module: str, extra: str, files: str) -> str:
    """What to install where a package is missing; empty where it is there.

    Examples
    --------
    >>> missing_extra("not_there", "pdf", "PDF files")
    "PDF files need the package not_there: pip install 'pertinent[pdf]'"
    >>> missing_extra("json", "pdf", "PDF files")
    ''
    """
    if find_spec(module) is not None:
        return ""
    return f"{files} need the package {module}: pip install 'pertinent[{extra}]'"
