"""Checked filters in an engine's words: one translation for the embedded engine and for a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pertinent.store.filters import Condition, Filters
from pertinent.store.points import FLAGS, payload_path
from pertinent.store.schema import FieldKind, Fields


class Words(Protocol):
    """How an engine says a condition on a path of the payload."""

    def equal(self, path: str, value: str | int) -> Any:
        """The path holds the value, alone or in a list."""
        ...

    def between(self, path: str, bounds: Mapping[str, float]) -> Any:
        """The path holds a number within ``gte``, ``gt``, ``lte`` and ``lt``."""
        ...

    def empty(self, path: str) -> Any:
        """The path is not there, or holds nothing."""
        ...

    def every(self, conditions: list[Any]) -> Any:
        """All of these hold."""
        ...

    def some(self, conditions: list[Any]) -> Any:
        """One of these holds at least; none does where there are none."""
        ...

    def none(self, conditions: list[Any]) -> Any:
        """None of these holds."""
        ...


def translate(filters: Filters, fields: Fields, words: Words) -> Any | None:
    """Say checked filters in an engine's words; None where there are none."""
    if not filters:
        return None
    return words.every([_said(condition, fields[condition.field], words) for condition in filters])


def _said(condition: Condition, kind: FieldKind, words: Words) -> Any:
    path = payload_path(condition.field, kind)
    value: Any = condition.value
    match condition.op:
        case "exists":
            empty = words.empty(path)
            return words.none([empty]) if value else words.every([empty])
        case "eq":
            return _equal(path, kind, value, words)
        case "in":
            return words.some([_equal(path, kind, item, words) for item in value])
        case bound:
            return words.between(path, {bound: float(value)})


def _equal(path: str, kind: FieldKind, value: Any, words: Words) -> Any:
    if kind == "float":
        return words.between(path, {"gte": value, "lte": value})
    return words.equal(path, FLAGS[value] if kind == "boolean" else value)
