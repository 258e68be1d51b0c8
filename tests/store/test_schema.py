from __future__ import annotations

import pytest

from pertinent.errors import DataError
from pertinent.store.schema import MAX_FIELDS, grow, kind_of


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("a", "keyword"),
        (("a",), "keywords"),
        ((), "keywords"),
        (1, "integer"),
        (1.0, "float"),
        (False, "boolean"),
        (-(2**63), "integer"),
    ],
)
def test_kinds(value, kind):
    assert kind_of(value) == kind


@pytest.mark.parametrize(
    "value", [2**63, float("nan"), float("inf"), "\ud800", "x" * 40_000, (1, 2), {"a": 1}, None, b"x"]
)
def test_unstorable(value):
    with pytest.raises(DataError) as caught:
        grow({}, {"field": value}, document_id="7")
    assert "'field'" in caught.value.message
    assert "'7'" in caught.value.message


@pytest.mark.parametrize(
    ("known", "value", "grown"),
    [
        ("keyword", ("a", "b"), "keywords"),
        ("keywords", "a", "keywords"),
        ("integer", 0.5, "float"),
        ("float", 3, "float"),
        ("boolean", True, "boolean"),
        ("integer", (), "integer"),
    ],
)
def test_widening(known, value, grown):
    assert grow({"f": known}, {"f": value}) == {"f": grown}


@pytest.mark.parametrize(
    ("known", "value", "kind"),
    [
        ("integer", "1980", "keyword"),
        ("boolean", 1, "integer"),
        ("integer", True, "boolean"),
        ("keyword", 1980, "integer"),
        ("float", "1.5", "keyword"),
        ("keywords", 1, "integer"),
    ],
)
def test_contradiction_names_field_and_kinds(known, value, kind):
    with pytest.raises(DataError, match=f"'year'.*{kind}.*{known}"):
        grow({"year": known}, {"year": value})


def test_values_never_stand_in_the_message():
    with pytest.raises(DataError) as caught:
        grow({"patient": "integer"}, {"patient": "Jane Roe"})
    assert "Jane" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "x" * 201, "\ud800"])
def test_bad_names(name):
    with pytest.raises(DataError, match="name cannot be used"):
        grow({}, {name: 1})


def test_number_of_fields_is_bounded():
    many = {f"f{n}": n for n in range(MAX_FIELDS)}
    assert len(grow({}, many)) == MAX_FIELDS
    with pytest.raises(DataError, match="more than"):
        grow({}, {**many, "one more": 1})
