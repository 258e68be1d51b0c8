from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pertinent.store.conditions import translate
from pertinent.store.filters import check, parse_filters
from pertinent.store.schema import Fields

FIELDS: Fields = {"year": "integer", "score": "float", "mesh": "keyword", "open": "boolean"}


class InLetters:
    """Says conditions as text."""

    def equal(self, path: str, value: str | int) -> str:
        return f"{path}={value}"

    def between(self, path: str, bounds: Mapping[str, float]) -> str:
        return f"{path}{dict(bounds)}"

    def empty(self, path: str) -> str:
        return f"{path} empty"

    def every(self, conditions: list[Any]) -> str:
        return "(" + " & ".join(conditions) + ")"

    def some(self, conditions: list[Any]) -> str:
        return "(" + " | ".join(conditions) + ")"

    def none(self, conditions: list[Any]) -> str:
        return "!(" + " ".join(conditions) + ")"


def said(filters: Mapping[str, Any]) -> str:
    found = translate(check(parse_filters(filters), FIELDS), FIELDS, InLetters())
    assert isinstance(found, str)
    return found.replace("metadata.", "")


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"mesh": "Adult"}, "=Adult)"),
        ({"mesh": ["Adult", "Aged"]}, " | "),
        ({"year": {"gte": 1990}}, "{'gte': 1990.0}"),
        ({"score": 0.5}, "{'gte': 0.5, 'lte': 0.5}"),
        ({"mesh": {"exists": True}}, "!("),
        ({"mesh": {"exists": False}}, " empty))"),
    ],
)
def test_every_kind_of_condition_is_said(filters: dict[str, Any], words: str) -> None:
    assert words in said(filters)


def test_all_must_hold_and_without_filters_nothing_is_said() -> None:
    assert " & " in said({"year": {"gte": 1990, "lt": 2000}, "open": True})
    assert translate((), FIELDS, InLetters()) is None


def test_true_and_false_are_told_apart() -> None:
    assert said({"open": True}) != said({"open": False})
