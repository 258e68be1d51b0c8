"""Packages of the extra ``eval``, imported where they are used and named where they are missing."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from pertinent.errors import UsageError


def require(module: str) -> ModuleType:
    """Import a module of the extra ``eval``.

    Raises
    ------
    UsageError
        If it is not installed.

    Examples
    --------
    >>> require("not_there")
    Traceback (most recent call last):
        ...
    pertinent.errors.UsageError: Evaluation needs not_there. Install it with: pip install 'pertinent[eval]'
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0] if error.name is None else error.name
        raise UsageError(
            f"Evaluation needs {package}.", hint="Install it with: pip install 'pertinent[eval]'"
        ) from error
