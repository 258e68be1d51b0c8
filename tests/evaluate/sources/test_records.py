from __future__ import annotations

import json
from pathlib import Path

import pytest

from pertinent.errors import DataError, RecordError
from pertinent.evaluate.sources import records
from pertinent.evaluate.sources.records import Record, json_records, json_value, text_lines
from support.judged_sets import write_lines


def record(**fields: object) -> Record:
    return Record(fields, "file", "line 1")


@pytest.mark.parametrize("value", ["", " ", None, 5, ["a"], "\ud800"])
def test_what_is_no_text(value: object) -> None:
    with pytest.raises(RecordError, match="file, line 1: "):
        record(a=value).text("a")


def test_texts() -> None:
    assert record(a=" ", b="x").text("a", "b") == "x"
    assert record(a=None).text("a", default="y") == "y"


@pytest.mark.parametrize("value", ["", "a b", "x" * 513, 1.0, True, 1 << 63, {}, "\ud800"])
def test_what_is_no_id(value: object) -> None:
    with pytest.raises(RecordError, match="field a is no id"):
        record(a=value).identity("a")


def test_ids() -> None:
    assert record(a=" x ").identity("a") == "x"
    assert record(b=-7).identity("a", "b") == "-7"
    with pytest.raises(RecordError, match="there is no a or b"):
        record().identity("a", "b")


@pytest.mark.parametrize("value", [True, "1", float("nan"), float("inf"), []])
def test_what_is_no_number(value: object) -> None:
    with pytest.raises(RecordError, match="field a is not a finite number"):
        record(a=value).number("a")


def test_documents_have_no_metadata() -> None:
    document = record(ID=7, Title=" The  title ", text="x", year=1990, metadata={"a": "b"}).document()
    assert document is not None
    assert (document.id, document.title, document.text, dict(document.metadata)) == (
        "7",
        "The title",
        "x",
        {},
    )
    assert record(_id="7", title="", text=None).document() is None


@pytest.mark.parametrize("fields", [{"text": "x"}, {"_id": "a b", "text": "x"}, {"_id": "a", "text": 1}])
def test_what_is_no_document(fields: dict[str, object]) -> None:
    with pytest.raises(RecordError):
        record(**fields).document()


def test_places_of_parts_are_told() -> None:
    parts = record(a=[{"b": [{"c": 1}]}]).parts("a")[0].parts("b")
    assert parts[0].position == "line 1, a 1, b 1"


def test_values(tmp_path: Path) -> None:
    assert json_value(write_lines(tmp_path / "a.json", "[1]")).fields == {"value": [1]}
    for broken in ("{", "[" * 100_000, "1" * 5000):
        with pytest.raises(DataError, match="whole file: no valid JSON"):
            json_value(write_lines(tmp_path / "a.json", broken))


def test_a_large_value_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_JSON_BYTES", 100)
    with pytest.raises(DataError, match="larger than 100 bytes"):
        json_value(write_lines(tmp_path / "a.json", json.dumps(["x" * 100])))


def test_lines(tmp_path: Path) -> None:
    assert list(text_lines(write_lines(tmp_path / "a", "x\n\n y \n"))) == [(1, "x"), (3, " y ")]
    (tmp_path / "a").write_bytes(b"x\n\xff\n")
    with pytest.raises(DataError, match="line 2: not valid UTF-8"):
        list(text_lines(tmp_path / "a"))


def test_a_huge_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 2: longer than"):
        list(json_records(write_lines(tmp_path / "a", '{}\n{"text": "' + "x" * (16 << 20) + '"}')))


def test_faults_never_hold_texts(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        list(json_records(write_lines(tmp_path / "a", '{"text": "secret" secret}')))
    assert "secret" not in str(caught.value)
