"""Evaluation: rankings of a judged set by stage, with intervals, significance and what repeats them.

>>> from pertinent.evaluate import Request, evaluate
>>> Request(("scifact/",), candidates=50).stages
('bm25', 'dense', 'rrf', 'rerank', 'final')
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pertinent.evaluate.report.writing import write_results
    from pertinent.evaluate.request import Request
    from pertinent.evaluate.requested import evaluate
    from pertinent.evaluate.result import TaskResult

__all__ = ["Request", "TaskResult", "evaluate", "write_results"]

# These pull in numpy and the engines; they are imported when first asked for.
_LAZY = {
    "Request": "pertinent.evaluate.request",
    "TaskResult": "pertinent.evaluate.result",
    "evaluate": "pertinent.evaluate.requested",
    "write_results": "pertinent.evaluate.report.writing",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'pertinent.evaluate' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
