from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import RecordError
from pertinent.ingest.fields import fields_to_document
from pertinent.store.schema import grow
from pertinent.types import Document


def document_of(needs_id: bool = False, **fields: object) -> Document:
    return fields_to_document(fields, source="s", position="line 1", needs_id=needs_id)


def metadata_of(**fields: object) -> dict[str, object]:
    return dict(document_of(text="t", **fields).metadata)


def test_names_of_identity_title_and_text() -> None:
    assert document_of(_id="a", id="b", text="t", title="T").id == "a"
    assert document_of(doc_id=12, contents="t").id == "12"
    assert document_of(Title="T", Abstract="A").title == "T"
    assert document_of(title=" two \n lines ", passage="p").title == "two lines"
    assert document_of(abstract="A", body="B").text == "A\n\nB"
    assert document_of(text="", content="c").text == "c"


def test_a_further_identity_stays_as_metadata() -> None:
    assert document_of(_id="a", doc_id="b", text="t").metadata == {"doc_id": "b"}


def test_record_without_identity_is_known_by_its_content() -> None:
    one = document_of(text="t", year=1980)
    assert one.id == document_of(text="t", year=1980).id
    assert one.id != document_of(text="t", year=1981).id
    assert document_of(text="t", id="").id == document_of(text="t", id=None).id == document_of(text="t").id


def test_metadata_types_are_kept() -> None:
    kept = {"a": "x", "b": 3, "c": 2.5, "d": True, "e": ["x", "y"]}
    assert metadata_of(**kept, f=None, g="", h=[]) == {**kept, "e": ("x", "y")}
    assert type(metadata_of(d=True)["d"]) is bool


def test_metadata_object_and_nested_objects_are_flattened() -> None:
    assert metadata_of(metadata={"year": 1980, "trial": {"phase": 3}}, arm={"name": "A"}) == {
        "year": 1980,
        "trial_phase": 3,
        "arm_name": "A",
    }


def test_names_are_made_fit_for_filters() -> None:
    assert metadata_of(**{"Publication Year": 1980, "a.b[0]": 1, "出版年": 2}) == {
        "Publication_Year": 1980,
        "a_b_0": 1,
        "出版年": 2,
    }
    assert metadata_of(source="web", metadata={"title": "x"}) == {"record_source": "web", "record_title": "x"}


def test_shared_fields_have_one_type() -> None:
    assert metadata_of(
        year="1980", pmid=7, doi="10.1/x", mesh="Adult", language="eng", authors=["Roe J"]
    ) == {
        "year": 1980,
        "pmid": "7",
        "doi": "10.1/x",
        "mesh": ("Adult",),
        "language": ("eng",),
        "authors": ("Roe J",),
    }
    assert metadata_of(year=1980.0) == {"year": 1980}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "no text"),
        ({"text": "  "}, "no text"),
        ({"text": 5}, "field text is a whole number"),
        ({"text": "t", "title": ["x"]}, "field title is a list"),
        ({"text": "t", "id": True}, "field id is true or false"),
        ({"text": "t", "id": {"a": 1}}, "field id is an object"),
        ({"text": "t", "id": 1.5}, "field id is a number"),
        ({"text": "t", "id": 1 << 70}, "too large"),
        ({"text": "t", "id": "x" * 513}, "longer than 512"),
        ({"text": "t", "a": [1, 2]}, "field a is a list of other things"),
        ({"text": "t", "a": [{"b": 1}]}, "field a is a list of other things"),
        ({"text": "t", "a": 1 << 64}, "number in field a is too large"),
        ({"text": "t", "a": float("inf")}, "number in field a is too large"),
        ({"text": "t", "a": "x" * 40_000}, "field a is longer"),
        ({"text": "t", "x" * 300: 1}, "name longer"),
        ({"text": "t", "!": 1}, "without a letter"),
        ({"text": "t", "a b": 1, "a_b": 2}, "two fields come out as a_b"),
        ({"text": "t", "year": "MCMLXXX"}, "field year is not a whole number"),
        ({"text": "t", "year": True}, "field year is not a whole number"),
        ({"text": "t", "pmid": 1.5}, "field pmid is a number"),
        ({"text": "t", "mesh": 5}, "field mesh is a whole number"),
        ({"text": "t\ud800"}, "lone surrogate"),
        ({"text": "t", "a\ud800": "x"}, "lone surrogate"),
        ({"text": "t", **{f"f{i}": i for i in range(300)}}, "more than 256"),
    ],
)
def test_what_cannot_be_used_is_named(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(RecordError) as caught:
        fields_to_document(fields, source="file.jsonl", position="line 9")
    assert reason in caught.value.reason
    assert caught.value.message.startswith("file.jsonl, line 9: ")
    caught.value.message.encode()


def test_nesting_is_bounded() -> None:
    nested: dict[str, object] = {"a": 1}
    for _ in range(20):
        nested = {"a": nested}
    with pytest.raises(RecordError, match="nested more than 8 deep"):
        document_of(text="t", **nested)


def test_an_identity_can_be_demanded() -> None:
    with pytest.raises(RecordError, match="there is no _id"):
        document_of(needs_id=True, text="t")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["_id", "id", "text", "title", "abstract", "metadata", "year", "pmid", "mesh", "source"]
)


@given(st.dictionaries(names | st.text(max_size=5), json_values, max_size=6))
def test_any_json_gives_a_document_or_a_record_error(fields: dict[str, object]) -> None:
    try:
        document = fields_to_document(fields, source="s", position="line 1")
    except RecordError:
        return
    assert document.id
    assert document.text or document.title
    grow({}, document.metadata)  # the store takes all that comes through
    json.dumps(document.text + document.title, ensure_ascii=False).encode()
