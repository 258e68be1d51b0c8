"""Sections of pages: what is read of them, and that nothing in a page breaks the reader."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def sections(kind: str, page: bytes) -> list[Any]:
    """Sections of a page of HTML or XML."""
    read: list[Any] = getattr(import_module("debian_texts.sections"), f"{kind}_sections")(page)
    return read


def test_entities_are_neither_followed_nor_grown(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    page = (
        f'<!DOCTYPE page [<!ENTITY file SYSTEM "file://{secret}">'
        '<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
        "<page><title>Tea</title><p>Hot &file; and &b; and &eacute;.</p></page>"
    )
    [section] = sections("xml", page.encode())
    assert section.blocks == ("Hot file and b and é.",)


def test_terms_of_a_glossary_are_headings() -> None:
    page = (
        b"<h1>Words</h1><dl class='glossary'><dt>Tea</dt><dd>A drink.</dd><dt>Pot</dt><dd>For it.</dd></dl>"
    )
    assert sections("html", page) == [(("Words", "Tea"), ("A drink.",)), (("Words", "Pot"), ("For it.",))]


@pytest.mark.parametrize("kind", ["html", "xml"])
@pytest.mark.parametrize("tag", ["o:p", "a:b:c", "svg:", ":x", "w@x", 'x"y', "x{y}z", "x}"])
def test_tags_that_no_standard_knows_are_read_through(kind: str, tag: str) -> None:
    page = f"<page><title>Tea</title><p>Hot <{tag}>water</{tag}> on it.</p></page>"
    assert all(section.headings == ("Tea",) for section in sections(kind, page.encode()))


def test_a_tag_of_an_office_program_is_no_border_in_a_text() -> None:
    page = b"<h1>Tea</h1><p>Hot <o:p>water</o:p> on leaves.</p>"
    assert sections("html", page) == [(("Tea",), ("Hot water on leaves.",))]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["html", "xml"]))
def test_any_bytes_can_be_read_as_a_page(content: bytes, kind: str) -> None:
    assert all(block for section in sections(kind, b"<p>" + content) for block in section.blocks)
