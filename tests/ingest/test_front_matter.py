from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import RecordError
from pertinent.ingest.front_matter import MAX_LINE_CHARS, MAX_LINES, split_front_matter


def split(text: str) -> tuple[dict[str, object], str, list[str]]:
    errors: list[RecordError] = []
    fields, body = split_front_matter(text, source="a.md", on_broken=errors.append)
    return fields, body, [error.position for error in errors]


def test_every_form() -> None:
    fields, body, errors = split(
        "---\n"
        "# a comment\n"
        "title: Asthma in children  # short\n"
        'quoted: "a: \\"b\\" # c"\n'
        "single: 'it''s'\n"
        "year: 2020\n"
        "score: 3.5\n"
        "code: 007\n"
        "date: 2021-03-04\n"
        "draft: false\n"
        "nothing: null\n"
        "empty:\n"
        "\n"
        "tags: [lung, \"air, way\", 'x']\n"
        "none: []\n"
        "authors:\n"
        "  - Roe J\n"
        '  - "Poe: E"\n'
        "---\n"
        "Body\n"
    )
    assert fields == {
        "title": "Asthma in children",
        "quoted": 'a: "b" # c',
        "single": "it's",
        "year": 2020,
        "score": 3.5,
        "code": "007",
        "date": "2021-03-04",
        "draft": False,
        "nothing": None,
        "empty": None,
        "tags": ["lung", "air, way", "x"],
        "none": [],
        "authors": ["Roe J", "Poe: E"],
    }
    assert body == "Body\n"
    assert not errors


@pytest.mark.parametrize(
    "line",
    [
        "&anchor x",
        "key: *alias",
        "key: !!python/object x",
        "key: |",
        "key: {a: 1}",
        "key: a: b",
        'key: "unclosed',
        "key: [unclosed",
        "key: [a, [b]]",
        "key: 'it's'",
        "  nested: 1",
        "just words",
        "ok: twice",
    ],
)
def test_what_is_not_understood_is_told_and_left_out(line: str) -> None:
    assert split(f"---\nok: 1\n{line}\n---\nBody") == ({"ok": 1}, "Body", ["line 3"])


@pytest.mark.parametrize(
    "text", ["", "Body", "---", "---\nno end", "text\n---\na: 1\n---\n", " ---\na: 1\n---\n"]
)
def test_text_without_front_matter_is_left_whole(text: str) -> None:
    assert split(text) == ({}, text, [])


def test_front_matter_is_bounded() -> None:
    text = "---\n" + "a: 1\n" * (MAX_LINES + 1) + "---\nBody"
    assert split(text) == ({}, text, [])


@given(st.text(alphabet="---\n ab:[]\"'#,\\{}1.~\t", max_size=80))
def test_any_text(text: str) -> None:
    fields, body, _ = split(f"---\n{text}\n---\nBody")
    assert body.endswith("Body")
    assert all(isinstance(value, str | int | float | bool | list | None) for value in fields.values())


@pytest.mark.parametrize(
    "line",
    [
        "k: a{spaces}x",
        "k: a{spaces}",
        "{spaces}k: a",
        "k{spaces}x",
        "k:{spaces}#",
        'k: [a{spaces}"]',
        'k: [a,{spaces}"]',
        "k: [{spaces}]",
        "k: ['{quotes}]",
        'k: "{quotes}',
        "k: [{commas}]",
    ],
)
def test_hostile_lines_take_linear_time(line: str) -> None:
    """Any step that looked at all spaces for each space would take minutes."""
    room = MAX_LINE_CHARS - 100
    filled = line.format(spaces=" " * room, quotes="'" * room, commas="a," * (room // 2))
    text = (
        "---\n" + "\n".join([filled, *[filled.replace("k", f"k{n}", 1) for n in range(20)]]) + "\n---\nBody"
    )
    assert split(text)[1] == "Body"


def test_a_line_is_bounded() -> None:
    text = f"---\nok: 1\nlong: {'x' * MAX_LINE_CHARS}\nlist:\n  - {'x' * MAX_LINE_CHARS}\n---\nBody"
    assert split(text) == ({"ok": 1, "list": None}, "Body", ["line 3", "line 5"])
