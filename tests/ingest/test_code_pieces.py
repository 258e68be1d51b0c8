from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.ingest.code_pieces import block_spans, definition_spans, line_spans

PYTHON = """# Top.
import re
import sys

@cached
def one(
    x,
):
    return x

    # more
class Two:
    pass
"""
C = """#include <x.h>

int one()
{
    return 1;
}
int two() {
    return 2;

}

struct three;
"""
RUBY = "def one\n  1\nend\ndef two\n  2\nend\n"


@pytest.mark.parametrize(
    ("text", "firsts"),
    [
        (PYTHON, ["# Top.", "@cached", "class Two:"]),
        (C, ["#include <x.h>", "int one()", "int two() {", "struct three;"]),
        (RUBY, ["def one", "def two"]),
        ("  indented\nnot\n", ["  indented", "not"]),
    ],
)
def test_definitions(text: str, firsts: list[str]) -> None:
    assert [text[start:end].partition("\n")[0] for start, end in definition_spans(text)] == firsts


@given(st.text(alphabet="a \n\t}{)#\r\u3000", max_size=80))
def test_pieces_hold_all_but_white_space(text: str) -> None:
    for spans in (definition_spans(text), block_spans(text), line_spans(text)):
        at = 0
        for start, end in spans:
            assert at <= start < end <= len(text)
            assert start == 0 or text[start - 1] == "\n"
            assert not text[at:start].strip()
            at = end
        assert not text[at:].strip()


def test_any_text_takes_linear_time() -> None:
    begun = time.process_time()
    for piece in ("\n", "a\n", " a\n", "}\n", " ", "a\n\n"):
        for spans in (definition_spans, block_spans, line_spans):
            spans(piece * 100_000)
    assert time.process_time() - begun < 10
