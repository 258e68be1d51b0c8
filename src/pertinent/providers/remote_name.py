"""Whether a name means a model at a service; looked at with nothing loaded, since most names do not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pertinent.providers.configured import RemoteName

LOCAL = "local:"
"""Before a name that means a model here, whatever providers there are."""


def remote_name(model: str | Path) -> RemoteName | None:
    """Read the name of a model at a service; None where it is no such name.

    Raises
    ------
    UsageError
        If it has the form of one, and there is no such service.

    Examples
    --------
    >>> remote_name("local:Qwen/Qwen3-Reranker-0.6B") is None
    True
    >>> remote_name("deepinfra:Qwen/Qwen3-Reranker-0.6B").provider
    'deepinfra'
    """
    if not isinstance(model, str) or ":" not in model or model.startswith(LOCAL):
        return None
    from pertinent.providers.configured import RemoteName

    return RemoteName.parse(model)
