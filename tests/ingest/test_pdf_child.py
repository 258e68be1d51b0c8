from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.ingest.pdf_child import DAMAGED, read_pages
from support.pdfs import pdf

SEED = pdf(["First page.", "Second."], title="T")


def read(data: bytes, *, pages: int = 9, characters: int = 999, seconds: float = 9) -> dict[str, object]:
    return read_pages(data, pages=pages, characters=characters, seconds=seconds)


def test_no_page_is_begun_beyond_the_limits() -> None:
    assert read(SEED)["pages"] == [(1, "First page."), (2, "Second.")]
    told = read(SEED, characters=5)
    assert told["pages"] == [(1, "First page.")]
    assert told["faults"] == ["pages from 2 on are left out: they take too much text"]
    assert read(SEED, seconds=-1)["faults"] == ["pages from 1 on are left out: they take too much time"]


@given(st.integers(0, len(SEED)), st.integers(0, 20), st.binary(max_size=20))
@settings(max_examples=60)
def test_damaged_files_are_read_or_refused(at: int, cut: int, put: bytes) -> None:
    told = read(SEED[:at] + put + SEED[at + cut :])
    assert json.loads(json.dumps(told))
    assert ("pages" in told) != ("refused" in told)


@given(st.binary(max_size=200))
@settings(max_examples=40)
def test_any_bytes_are_refused(data: bytes) -> None:
    assert read(data) == {"refused": DAMAGED}
