"""Cards and values come back from files as they were written, and nothing else does."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import PertinentError
from pertinent.evaluate.cards import card_file
from pertinent.evaluate.cards.card_file import find_card, read_card, read_values
from pertinent.evaluate.request import Request
from support.cards import VALUES, small_card

CARD = small_card()


def write(folder: Path, card: Any = CARD, values: Any = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "card.json"
    file.write_text(json.dumps(card), "utf-8")
    if values is not None:
        lines = (
            json.dumps(
                {
                    "query": q,
                    "values": {s: {m: each[q] for m, each in ms.items()} for s, ms in values.items()},
                }
            )
            for q in ("q1", "q2")
        )
        (folder / "per_query.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return file


def test_a_card_is_found_by_file_folder_and_folder_above(tmp_path: Path) -> None:
    file = write(tmp_path / "out" / "tiny-test")
    (tmp_path / "out" / "report.html").write_text("x")
    (tmp_path / "out" / "empty").mkdir()
    for path in (file, file.parent, tmp_path / "out"):
        assert find_card(path) == file
        assert read_card(path) == CARD
    assert Request.from_dict(read_card(file)["request"]).candidates == 50


def test_none_and_several_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(PertinentError, match="no run card"):
            read_card(path)
    write(tmp_path / "one")
    write(tmp_path / "two")
    with pytest.raises(PertinentError, match="2 run cards"):
        read_card(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"1",
        b"null",
        b"{",
        b"\xff\xfe",
        b"{}",
        b'{"format": "1"}',
        b'{"format": true}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_card_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "card.json"
    file.write_bytes(content)
    with pytest.raises(PertinentError) as refused:
        read_card(file)
    assert refused.value.hint


def test_a_card_of_another_format_or_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (0, 2, 10**30):
        with pytest.raises(PertinentError, match="another format"):
            read_card(write(tmp_path, CARD | {"format": number}))
    monkeypatch.setattr(card_file, "MAX_CARD_BYTES", 100)
    with pytest.raises(PertinentError, match="too large"):
        read_card(write(tmp_path))


@pytest.mark.parametrize("name", sorted(set(CARD) - {"format"}))
def test_a_part_that_is_missing_or_of_another_type_is_named(name: str, tmp_path: Path) -> None:
    card = copy.deepcopy(CARD)
    del card[name]
    with pytest.raises(PertinentError, match=f"{name} is missing"):
        read_card(write(tmp_path, card))
    for wrong in ([1], 1.5, True, "" if type(CARD[name]) is not str else {}):
        with pytest.raises(PertinentError, match=f"{name} is missing"):
            read_card(write(tmp_path, CARD | {name: wrong}))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        *(("paths", value) for value in (None, "x", [1], [], {})),
        *(("candidates", value) for value in ("100", 1.5, True, None, 0, 10**30)),
        *(("stages", value) for value in ("bm25", ["no-such"], [], None)),
        *(("split", value) for value in (1, ["test"], {})),
        *(("bm25_k", value) for value in ("1", None, True, float("nan"), float("inf"))),
        *(("engine", value) for value in (None, 1, ["torch"])),
        ("no_such_option", 1),
    ],
)
def test_a_request_that_cannot_be_one_is_refused(name: str, wrong: Any, tmp_path: Path) -> None:
    with pytest.raises(PertinentError):
        read_card(write(tmp_path, CARD | {"request": CARD["request"] | {name: wrong}}))


def test_numbers_that_are_none_and_deep_nests_are_refused(tmp_path: Path) -> None:
    deep: Any = "x"
    for _ in range(6):
        deep = {"x": deep}
    for wrong in (float("nan"), float("-inf"), deep, [deep]):
        with pytest.raises(PertinentError, match="machine is missing"):
            read_card(write(tmp_path, CARD | {"machine": {"cores": wrong}}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(name=st.sampled_from(sorted(CARD)), value=json_values)
def test_whatever_stands_in_a_card_no_other_error_comes(
    name: str, value: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = write(tmp_path_factory.mktemp("card"), CARD | {name: value})
    with suppress(PertinentError):
        read = read_card(file)
        assert json.loads(json.dumps(read)) == json.loads(json.dumps(CARD | {name: value}))


def test_values_come_back_to_the_last_bit(tmp_path: Path) -> None:
    file = write(tmp_path, values=VALUES)
    assert read_values(file, CARD) == VALUES
    assert read_values(tmp_path, read_card(tmp_path)) == VALUES


def test_a_card_alone_has_no_values(tmp_path: Path) -> None:
    assert read_values(write(tmp_path), CARD) is None


def test_values_of_another_card_are_refused(tmp_path: Path) -> None:
    other = copy.deepcopy(VALUES)
    other["bm25"]["P@5"]["q1"] += 1e-16
    with pytest.raises(PertinentError, match="not those of its card"):
        read_values(write(tmp_path, values=other), CARD)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"{}\n", "no values"),
        (b'{"query": 1, "values": {}}\n', "no values"),
        (b'{"query": "q1", "values": []}\n', "no values"),
        (b'{"query": "q1", "values": {"bm25": 1}}\n', "no values"),
        (b'{"query": "q1", "values": {"bm25": {"P@5": "1"}}}\n', "no values"),
        (b'{"query": "q1", "values": {"bm25": {"P@5": true}}}\n', "no values"),
        (b'{"query": "q1", "values": {"bm25": {"P@5": NaN}}}\n', "no values"),
        (b"not json\n", "cannot be read"),
        (b"\xff\n", "cannot be read"),
        (b"\x1f\x8bnot gzip", "cannot be read"),
        (b'{"query": "q1", "values": {}}\n' * 3, "more lines"),
        (b"", "not those of its card"),
    ],
)
def test_broken_values_are_refused(content: bytes, fault: str, tmp_path: Path) -> None:
    file = write(tmp_path)
    (tmp_path / "per_query.jsonl").write_bytes(content)
    with pytest.raises(PertinentError, match=fault) as refused:
        read_values(file, CARD)
    assert "q1" not in refused.value.message
