from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.store.scalars import Scalar, as_kind
from pertinent.store.schema import FieldKind


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_is_one_however_it_is_written(value: int) -> None:
    assert as_kind(value, "integer") == as_kind(str(value), "integer") == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_one_however_it_is_written(value: float) -> None:
    assert as_kind(value, "float") == as_kind(repr(value), "float") == value


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "integer"), (True, "float"), ("1.5", "integer"), (1.5, "integer"), (2**63, "integer"),
        ("ten", "float"), ("nan", "float"), ("1e999", "float"), (10**400, "float"),
        ("yes", "boolean"), (1, "boolean"), (1, "keyword"), ("\ud800", "keyword"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_kind_is_none(value: Scalar, kind: FieldKind) -> None:
    assert as_kind(value, kind) is None


def test_a_bound_of_an_integer_may_be_a_fraction() -> None:
    assert as_kind("1980.5", "integer", fractions=True) == 1980.5
    assert as_kind("1980.0", "float") == 1980
