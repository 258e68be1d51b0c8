from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import RecordError
from pertinent.ingest.fields import MAX_METADATA_BYTES, MAX_TOLD, fields_to_document
from pertinent.ingest.titles import MAX_TITLE_CHARS
from pertinent.store.schema import grow
from pertinent.types import Document


def read(fields: dict[str, object], *, needs_id: bool = False) -> tuple[Document | None, list[RecordError]]:
    errors: list[RecordError] = []
    document = fields_to_document(
        fields, source="file.jsonl", position="line 9", on_broken=errors.append, needs_id=needs_id
    )
    return document, errors


def document_of(**fields: object) -> Document:
    document, errors = read(fields)
    assert document is not None
    assert not errors
    return document


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
        ({"text": "t\ud800"}, "lone surrogate"),
    ],
)
def test_a_record_without_usable_identity_title_or_text_is_dropped(
    fields: dict[str, object], reason: str
) -> None:
    document, (error,) = read(fields)
    assert document is None
    assert reason in error.reason
    assert error.message.startswith("file.jsonl, line 9: ")
    error.message.encode()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"a": [1, 2]}, "field a is a list of other things"),
        ({"authors": [{"name": "x"}]}, "field authors is a list of other things"),
        ({"a": 1 << 64}, "number in field a is too large"),
        ({"a": float("inf")}, "number in field a is too large or not finite"),
        ({"a": float("nan")}, "number in field a is too large or not finite"),
        ({"abstract": "x" * 40_000}, "field abstract is longer"),
        ({"x" * 300: 1}, "name longer"),
        ({"!": 1}, "without a letter"),
        ({"year": "MCMLXXX"}, "field year is not a whole number"),
        ({"year": True}, "field year is not a whole number"),
        ({"pmid": 1.5}, "field pmid is a number"),
        ({"mesh": 5}, "field mesh is a whole number"),
        ({"a": "\ud800"}, "field a holds a lone surrogate"),
        ({"a\ud800": "x"}, "lone surrogate"),
        ({"a": ["x", "\ud800"]}, "lone surrogate"),
    ],
)
def test_metadata_that_cannot_be_used_is_left_out_and_told(fields: dict[str, object], reason: str) -> None:
    document, (error,) = read({"_id": "1", "text": "t", "before": 1, **fields, "after": "x"})
    assert document == Document("1", "t", metadata={"before": 1, "after": "x"}, source="file.jsonl")
    assert error.reason.startswith("left out what cannot be used: ")
    assert reason in error.reason
    assert error.message.startswith("file.jsonl, line 9: ")
    error.message.encode()


def test_of_two_fields_of_one_name_the_first_stays() -> None:
    document, (error,) = read({"text": "t", "a b": 1, "a_b": 2})
    assert document is not None
    assert document.metadata == {"a_b": 1}
    assert "two fields come out as a_b" in error.reason


def test_fields_beyond_the_number_are_left_out() -> None:
    document, (error,) = read({"text": "t", **{f"f{i}": i for i in range(300)}})
    assert document is not None
    assert list(document.metadata) == [f"f{i}" for i in range(256)]
    assert error.reason == "left out what cannot be used: there are more than 256 metadata fields"


def test_one_report_tells_the_first_faults_and_counts_the_rest() -> None:
    document, (error,) = read({"text": "t", **{f"f{i}": [i] for i in range(10)}})
    assert document is not None
    assert error.reason.count("is a list of other things") == MAX_TOLD
    assert error.reason.endswith("; and 7 more")


def test_nesting_is_bounded() -> None:
    nested: dict[str, object] = {"a": 1, "b": 2}
    for _ in range(20):
        nested = {"a": nested, "b": 2}
    document, (error,) = read({"text": "t", **nested})
    assert document is not None
    assert document.metadata["a_a_a_b"] == 2
    assert "nested more than 8 deep" in error.reason


def test_an_identity_can_be_demanded() -> None:
    document, (error,) = read({"text": "t"}, needs_id=True)
    assert document is None
    assert error.reason == "there is no _id"


def test_metadata_of_a_document_is_bounded_as_a_whole() -> None:
    long = {f"f{i}": "x" * 30_000 for i in range(4)}
    document, (error,) = read({"text": "t", **long, "year": 1980, "wide": "字" * 20_000})
    assert document is not None
    assert list(document.metadata) == ["f0", "f1", "year"]
    assert len(json.dumps(document.metadata)) <= MAX_METADATA_BYTES
    assert "field f2 is beyond the 65,536 bytes" in error.reason


def test_long_title_is_cut_and_stands_whole_in_the_text() -> None:
    title = " ".join(f"word{i}" for i in range(1000))
    document = document_of(title=title, text="The text.")
    assert len(document.title) <= MAX_TITLE_CHARS
    assert title.startswith(f"{document.title} ")
    assert document.text == f"{title}\n\nThe text."
    assert document_of(title=title).text == title
    assert document_of(title="x" * 5000).title == "x" * MAX_TITLE_CHARS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["_id", "id", "text", "title", "abstract", "metadata", "year", "pmid", "mesh", "source"]
)


@given(st.dictionaries(names | st.text(max_size=5), json_values, max_size=6))
def test_any_json_gives_a_document_or_a_report(fields: dict[str, object]) -> None:
    document, errors = read(fields)
    assert len(errors) <= 1
    if document is None:
        assert errors
        return
    assert document.id
    assert document.text or document.title
    grow({}, document.metadata)  # the store takes all that comes through
    json.dumps(document.text + document.title, ensure_ascii=False).encode()
