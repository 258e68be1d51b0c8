"""Filters on metadata: parsed from text or mappings, checked against the collection's fields.

====================  =======================================  ======================
command line          mapping                                  passes
====================  =======================================  ======================
``journal=Lancet``    ``{"journal": "Lancet"}``                equal; a list contains
``mesh=Adult|Aged``   ``{"mesh": ["Adult", "Aged"]}``          any of these
``year>=2000``        ``{"year": {"gte": 2000}}``              also ``> <= <``
``year=1976..1980``   ``{"year": {"gte": 1976, "lte": 1980}}`` both ends included
``doi?``              ``{"doi": {"exists": True}}``            the field is there
====================  =======================================  ======================

A passage passes when it passes every condition. ``\\|`` in a value stands for the character itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias

from pertinent.errors import FilterError
from pertinent.store.scalars import NUMBER, Scalar, as_kind
from pertinent.store.schema import FieldKind, Fields

Operator: TypeAlias = Literal["eq", "in", "gte", "gt", "lte", "lt", "exists"]

MAX_CONDITIONS = 64
MAX_VALUES = 1000
MAX_LENGTH = 32_768
MAX_BOUND = 2**53 - 1
"""Of comparisons with integers: the largest with no other integer nearby that is the same float."""

_RANGES: dict[str, Operator] = {">=": "gte", ">": "gt", "<=": "lte", "<": "lt"}
_RANGE_NAMES: tuple[Operator, ...] = ("gte", "gt", "lte", "lt")
_EXPRESSION = re.compile(r"(?P<field>[^=<>]+?)\s*(?P<operator>>=|<=|=|>|<)(?P<value>.*)", re.DOTALL)
_SPAN = re.compile(rf"(?P<low>{NUMBER})?\.\.(?P<high>{NUMBER})?")
_FORMS = "Use FIELD=VALUE, FIELD=A|B, FIELD>=N, FIELD=LOW..HIGH or FIELD?."


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on one field.

    Parameters
    ----------
    field : str
        Name of the metadata field, or ``document_id``, ``source``, ``title``.
    op : {"eq", "in", "gte", "gt", "lte", "lt", "exists"}
        How the field is compared.
    value : str | int | float | bool | tuple
        With what: a tuple for ``in``; for ``exists`` whether it must be there.
    """

    field: str
    op: Operator
    value: Scalar | tuple[Scalar, ...]


Filters: TypeAlias = tuple[Condition, ...]


def parse_filters(source: str | Iterable[str] | Mapping[str, Any] | None) -> Filters:
    """Read filters from command-line expressions or from a mapping.

    Parameters
    ----------
    source : str | Iterable[str] | Mapping[str, Any] | None
        The forms in the table above. Text values take the field's type in :func:`check`.

    Returns
    -------
    tuple[Condition, ...]
        All of which a passage must pass.

    Raises
    ------
    FilterError
        If an expression has none of the forms.

    Examples
    --------
    >>> parse_filters(["mesh=Adult|Aged"])
    (Condition(field='mesh', op='in', value=('Adult', 'Aged')),)
    >>> parse_filters({"year": {"gte": 2000}, "doi": {"exists": True}})
    (Condition(field='year', op='gte', value=2000), Condition(field='doi', op='exists', value=True))
    """
    if source is None:
        return ()
    if isinstance(source, str):
        source = [source]
    if not isinstance(source, Iterable):
        raise FilterError(f"Filters are given as {type(source).__name__}.", hint=_FORMS)
    conditions: list[Condition] = []
    if isinstance(source, Mapping):
        for name, value in source.items():
            conditions.extend(_from_mapping(name, value))
    else:
        for expression in source:
            conditions.extend(_from_expression(expression))
    if len(conditions) > MAX_CONDITIONS:
        raise FilterError(
            f"There are more than {MAX_CONDITIONS} filter conditions.", hint="Ask with fewer conditions."
        )
    return tuple(conditions)


def _from_expression(expression: str) -> list[Condition]:
    if not isinstance(expression, str) or len(expression) > MAX_LENGTH:
        raise FilterError("A filter is not a text, or far too long.", hint=_FORMS)
    text = expression.strip()
    match = _EXPRESSION.fullmatch(text)
    if match is None:
        if text.endswith("?") and text[:-1].strip() and not any(sign in text for sign in "=<>"):
            return [Condition(text[:-1].strip(), "exists", True)]
        # All of it may be a value, and a value may be a patient's: nothing of it is shown.
        raise FilterError("A filter is not understood.", hint=_FORMS)
    name, operator, value = match["field"].strip(), match["operator"], match["value"].strip()
    if not name or name.endswith("!"):
        raise FilterError(f"The filter {_shown(name)}{operator}… is not understood.", hint=_FORMS)
    if not value:
        raise FilterError(
            f"The filter {_shown(name)}{operator} has no value.",
            hint=f"To ask whether it is there: {name[:80]}?",
        )
    if operator != "=":
        return [Condition(name, _RANGES[operator], value)]
    span = _SPAN.fullmatch(value)
    if span is not None and (span["low"] or span["high"]):
        ends: tuple[tuple[Operator, str | None], ...] = (("gte", span["low"]), ("lte", span["high"]))
        return [Condition(name, op, end) for op, end in ends if end]
    values = [part.replace("\\|", "|").strip() for part in re.split(r"(?<!\\)\|", value)]
    if not all(values):
        raise FilterError(f"The filter on {_shown(name)} has an empty value between its '|'.", hint=_FORMS)
    return [_one_or_many(name, values)]


def _from_mapping(name: object, value: Any) -> list[Condition]:
    if not isinstance(name, str) or not name:
        raise FilterError(
            "A filter's field name is not a text.", hint="Give a mapping of field names to values."
        )
    if isinstance(value, Mapping):
        if not value:
            raise FilterError(
                f"The filter on {name!r} is empty.", hint="Give gte, gt, lte, lt, in, eq or exists."
            )
        return [_from_pair(name, op, operand) for op, operand in value.items()]
    if isinstance(value, list | tuple | set | frozenset):
        return [_one_or_many(name, _scalars(name, value))]
    return [Condition(name, "eq", _scalar(name, value))]


def _from_pair(name: str, op: object, operand: Any) -> Condition:
    if op == "exists":
        if not isinstance(operand, bool):
            raise FilterError(f"'exists' of {name!r} is neither true nor false.", hint="Give true or false.")
        return Condition(name, "exists", operand)
    if op == "in" and isinstance(operand, list | tuple | set | frozenset):
        return _one_or_many(name, _scalars(name, operand))
    if op == "eq":
        return Condition(name, "eq", _scalar(name, operand))
    for known in _RANGE_NAMES:
        if op == known:
            return Condition(name, known, _scalar(name, operand))
    raise FilterError(
        f"The filter on {name!r} has an unknown form.",
        hint="Give gte, gt, lte, lt, in (a list), eq or exists.",
    )


def _one_or_many(name: str, values: list[Any]) -> Condition:
    unique = tuple(dict.fromkeys(values))
    if not unique or len(unique) > MAX_VALUES:
        raise FilterError(
            f"The filter on {name!r} has {len(unique)} values.",
            hint=f"Give between 1 and {MAX_VALUES} values.",
        )
    return Condition(name, "eq", unique[0]) if len(unique) == 1 else Condition(name, "in", unique)


def _scalars(name: str, values: Iterable[Any]) -> list[Scalar]:
    # Sets have no order of their own; a search must repeat exactly.
    ordered = sorted(values, key=repr) if isinstance(values, set | frozenset) else values
    return [_scalar(name, value) for value in ordered]


def _scalar(name: str, value: Any) -> Scalar:
    if isinstance(value, str | int | float | bool):
        return value
    raise FilterError(
        f"The filter on {name!r} holds a value of type {type(value).__name__}.",
        hint="Values are texts, numbers, true or false.",
    )


def check(filters: Filters, fields: Fields) -> Filters:
    """Check filters against the collection's fields and give every value its field's type.

    Parameters
    ----------
    filters : tuple[Condition, ...]
        As parsed.
    fields : Mapping[str, FieldKind]
        ``manifest.filterable``.

    Returns
    -------
    tuple[Condition, ...]
        The same conditions with typed values.

    Raises
    ------
    FilterError
        If a field or a form is unknown, or a value is not of its kind: an engine would return nothing, or
        for an empty choice everything, and not say why. Also if a bound on an integer field is beyond
        2**53 - 1: the engine compares with floats, which are not exact there.

    Examples
    --------
    >>> check(parse_filters("year>=2000"), {"year": "integer"})
    (Condition(field='year', op='gte', value=2000),)
    """
    return tuple(_check_one(condition, fields) for condition in filters)


def _check_one(condition: Condition, fields: Fields) -> Condition:
    if not isinstance(condition, Condition) or not isinstance(condition.field, str):
        raise FilterError(
            "A filter is no condition on a named field.", hint="Make filters with parse_filters."
        )
    kind = fields.get(condition.field)
    if kind is None:
        near = get_close_matches(condition.field, fields, n=1)
        known = ", ".join(sorted(fields)[:50])
        raise FilterError(
            f"The collection has no field {_shown(condition.field)}.",
            hint=f"{f'Did you mean {near[0]!r}? ' if near else ''}Known fields: {known}.",
        )
    name, op, value = condition.field, condition.op, condition.value
    if op == "in":
        if not isinstance(value, tuple | list) or not 1 <= len(value) <= MAX_VALUES:
            raise FilterError(
                f"The filter on {name!r} has no list of values to choose from, or a list too long.",
                hint=f"Give between 1 and {MAX_VALUES} values.",
            )
        return Condition(name, op, tuple(_typed(condition, kind, _scalar(name, item)) for item in value))
    condition = _from_pair(name, op, value)  # refuses other forms, and what is not one value
    if op == "exists":
        return condition
    if op in _RANGE_NAMES and kind not in ("integer", "float"):
        raise FilterError(
            f"Field {name!r} is {kind}; only numbers can be compared with < and >.",
            hint=f"Use {name}=VALUE.",
        )
    typed = _typed(condition, kind, _scalar(name, value))
    if op in _RANGE_NAMES and kind == "integer" and abs(float(typed)) > MAX_BOUND:
        raise FilterError(
            f"The bound on integer field {name!r} is too large to compare exactly.",
            hint=f"Give bounds between -{MAX_BOUND} and {MAX_BOUND}, or the number itself: {name}=N.",
        )
    return Condition(name, op, typed)


def _typed(condition: Condition, kind: FieldKind, value: Scalar) -> Scalar:
    typed = as_kind(value, kind, fractions=condition.op in _RANGE_NAMES)
    if typed is None:
        given = "text" if isinstance(value, str) else type(value).__name__
        raise FilterError(
            f"Field {condition.field!r} is {kind}; the filter's value (a {given}) is not.",
            hint=f"Give a value that is {'a text' if kind.startswith('keyword') else f'of kind {kind}'}.",
        )
    return typed


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:79] + "…")
