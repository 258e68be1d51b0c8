"""Single values of filters, brought to the kind of the field they are compared with."""

from __future__ import annotations

import math
import re
from typing import TypeAlias

from pertinent.store.schema import FieldKind, is_encodable

Scalar: TypeAlias = str | int | float | bool

NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
"""How a number is written in a filter."""

_INTEGER = re.compile(r"[+-]?\d{1,19}")


def as_kind(value: Scalar, kind: FieldKind, *, fractions: bool = False) -> Scalar | None:
    """Give a value the kind of a field.

    Parameters
    ----------
    value : str | int | float | bool
        As given; a text may hold a number or ``true`` and ``false``.
    kind : FieldKind
        Of the field.
    fractions : bool
        Whether integers may also be compared with a fraction, as bounds are.

    Returns
    -------
    str | int | float | bool | None
        The value; None where it is not of that kind.

    Examples
    --------
    >>> as_kind("1980", "integer"), as_kind("1980", "float"), as_kind("TRUE", "boolean")
    (1980, 1980.0, True)
    >>> as_kind(0.5, "integer"), as_kind(0.5, "integer", fractions=True)
    (None, 0.5)
    """
    if kind in ("keyword", "keywords"):
        return value if isinstance(value, str) and is_encodable(value) else None
    if kind == "boolean":
        return _boolean(value)
    if kind == "integer":
        integer = _integer(value)
        return _number(value) if integer is None and fractions else integer
    return _number(value)


def _boolean(value: Scalar) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def _integer(value: Scalar) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = int(value) if _INTEGER.fullmatch(value) else math.nan
    if isinstance(value, float):
        if not value.is_integer():
            return None
        value = int(value)
    return value if -(2**63) <= value < 2**63 else None


def _number(value: Scalar) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = float(value) if re.fullmatch(NUMBER, value) else math.nan
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
