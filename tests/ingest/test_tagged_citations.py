from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import UsageError
from pertinent.ingest.tagged_citations import NBIB, RIS, TaggedCitations, citation_format
from pertinent.types import Document

if TYPE_CHECKING:
    from conftest import ReadContent

RIS_FILE = """TY  - JOUR
AU  - Roe, Jane A.
PY  - 1998
TI  - Uptake of carbon
T2  - Journal of Inventions
AB  - We looked. It was so.
KW  - plants
ER  -

TY  - GEN
ER  -
"""
NBIB_FILE = """
PMID- 101
DP  - 1998 Jan
TI  - Uptake of carbon by invented
      plants.
AB  - We looked.
AU  - Roe JA
MH  - Plants/*growth

PMID- 102
STAT- MEDLINE
"""


def test_files_are_read(read_content: ReadContent) -> None:
    reading = read_content(RIS, RIS_FILE, "a.ris")
    (document,) = reading.documents
    assert (document.title, document.text) == ("Uptake of carbon", "We looked. It was so.")
    assert document.metadata == {
        "journal": "Journal of Inventions",
        "year": 1998,
        "keywords": ("plants",),
        "authors": ("Roe JA",),
        "has_abstract": True,
    }
    assert reading.reasons == ["citation 2 (line 10): neither a title nor an abstract"]
    reading = read_content(NBIB, NBIB_FILE, "a.nbib")
    (document,) = reading.documents
    assert (document.id, document.title) == ("pmid:101", "Uptake of carbon by invented plants.")
    assert document.metadata["mesh"] == ("Plants",)
    assert reading.reasons == ["citation 2 (line 10): neither a title nor an abstract"]


@pytest.mark.parametrize("form", [RIS, NBIB], ids=["ris", "nbib"])
def test_a_file_without_citations_is_told(read_content: ReadContent, form: TaggedCitations) -> None:
    assert read_content(form, "words\n", "a").reasons == ["whole file: there is no citation"]


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
TAGS = "TY PMID TI T1 AB N2 AU A1 FAU CN PY DP JT T2 JF DO LID AID AN DB C2 PMC KW MH OT LA M3 PT ER"
KNOWN = "JOUR;BOOK;THES;Book;1998;10.1/A [doi];10.1/a;PubMed;101;PMC7;Roe, J.-P. A.;Roe JA;Group HIV;[doi]"
ODD = ["Plants/*growth", "*x", "Roe, \u00df", "Roe \u6bdb", "TI  - x", "word " * 40]
VALUES = WORDS | st.sampled_from([*KNOWN.split(";"), *ODD])


@pytest.mark.parametrize("form", [RIS, NBIB], ids=["ris", "nbib"])
@given(fields=st.lists(st.tuples(st.sampled_from(TAGS.split()), VALUES), max_size=12))
def test_in_and_out_and_in_is_equal(
    read_content: ReadContent, form: TaggedCitations, fields: list[tuple[str, str]]
) -> None:
    content = "".join(f"{tag:<4}- {value}\n" for tag, value in [(form.opens, "JOUR"), *fields])
    once = read_content(form, content, f"a.{form.name}").documents
    twice = read_content(form, form.write(once), f"a.{form.name}")
    assert twice.documents == once
    assert not (once and twice.errors)


def test_a_citation_of_one_format_is_written_in_the_other(read_content: ReadContent) -> None:
    (document,) = read_content(NBIB, NBIB_FILE, "a").documents
    (other,) = read_content(RIS, RIS.write([document]), "a").documents
    metadata = {name: value for name, value in document.metadata.items() if name != "mesh"}
    assert other == replace(document, metadata={**metadata, "keywords": ("Plants",)})


def test_what_no_file_can_hold_is_replaced() -> None:
    assert b"TI  - a?b\r\n" in RIS.write([Document("d", "", title="a\ud800b")])


def test_the_name_says_the_format() -> None:
    assert citation_format(Path("x.RIS")) is RIS
    assert citation_format(Path("x.nbib")) is NBIB
    with pytest.raises(UsageError, match=r"x\.bib"):
        citation_format(Path("x.bib"))


def test_accepts() -> None:
    assert RIS.accepts(Path("a.ris"), b"")
    assert RIS.accepts(Path("a.txt"), b"\xef\xbb\xbf\r\nTY  - JOUR\r\nAU  - x")
    assert NBIB.accepts(Path("pubmed.txt"), b"\nPMID- 1\nOWN - NLM")
    assert not RIS.accepts(Path("a.txt"), b"words")
    assert not NBIB.accepts(Path("a.txt"), b"words\nPMID- 1")
