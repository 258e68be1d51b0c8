from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pertinent.ingest.jats import JatsReader

if TYPE_CHECKING:
    from conftest import ReadContent

READER = JatsReader()
DOCTYPE = '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Publishing DTD v1.1//EN" "x.dtd">'
FRONT = """<front><journal-meta><journal-title-group><journal-title>Journal of Inventions</journal-title>
</journal-title-group></journal-meta><article-meta>
<article-id pub-id-type="pmid">101</article-id><article-id pub-id-type="pmc">7</article-id>
<article-id pub-id-type="doi">10.1/ABC</article-id>
<title-group><article-title>Uptake of CO<sub>2</sub><xref ref-type="fn">*</xref></article-title></title-group>
<contrib-group>
<contrib contrib-type="author"><name><surname>Roe</surname><given-names>Jane A.</given-names></name></contrib>
<contrib contrib-type="author"><collab>The Group</collab></contrib>
<contrib contrib-type="editor"><name><surname>Poe</surname><given-names>E</given-names></name></contrib>
</contrib-group>
<pub-date pub-type="epub"><year>2012</year></pub-date><pub-date pub-type="ppub"><year>2011</year></pub-date>
<abstract><p>We looked.</p></abstract>
<kwd-group><kwd>carbon</kwd><kwd>plants</kwd></kwd-group>
</article-meta></front>"""
ARTICLE = f"""{DOCTYPE}<article xml:lang="EN">{FRONT}<body><sec><label>1</label><title>Methods</title>
<p>We asked [<xref ref-type="bibr">1</xref>].</p></sec></body>
<back><ref-list><ref><citation>Poe 1990</citation></ref></ref-list></back></article>"""


def test_an_article_with_its_metadata(read_content: ReadContent) -> None:
    reading = read_content(READER, ARTICLE, "a.nxml")
    (document,) = reading.documents
    assert not reading.errors
    assert (document.id, document.title) == ("pmcid:PMC7", "Uptake of CO2*")
    assert document.text == "Abstract\n\nWe looked.\n\n1 Methods\n\nWe asked."
    assert [section.headings for section in document.sections] == [("Abstract",), ("1 Methods",)]
    assert document.metadata == {
        "pmid": "101",
        "pmcid": "PMC7",
        "doi": "10.1/abc",
        "journal": "Journal of Inventions",
        "year": 2011,
        "keywords": ("carbon", "plants"),
        "language": ("en",),
        "authors": ("Roe JA", "The Group"),
        "has_abstract": True,
    }


def test_several_articles_and_bare_ones(read_content: ReadContent) -> None:
    bare = "<article><body><p>Words.</p></body></article>"
    reading = read_content(READER, f"<set>{bare}{bare}<article/></set>", "heart_failure.nxml")
    first, second = reading.documents
    assert (first.title, first.metadata) == ("heart failure", {"has_abstract": False})
    assert second.id == f"{first.id}:2"
    assert reading.reasons == ["article 3 (line 1): there is no text"]


def test_a_title_too_long_stands_whole_in_the_text(read_content: ReadContent) -> None:
    content = ARTICLE.replace("Uptake of", "word " * 400)
    (document,) = read_content(READER, content, "a.nxml").documents
    assert document.text.count("word") == 400
    assert document.sections == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<set/>", "whole file: there is no article"),
        ("words", "line 1: the XML is broken (syntax error)"),
        (
            '<!DOCTYPE a [<!ENTITY x "y">]><article/>',
            "line 1: it declares entities, which could be an attack",
        ),
        ("<article>" + "<sec>" * 200, "line 1: elements are nested more than 128 deep"),
    ],
)
def test_files_that_cannot_be_read_say_why(read_content: ReadContent, content: str, reason: str) -> None:
    reading = read_content(READER, content, "a.nxml")
    assert (reading.documents, reading.reasons) == ([], [reason])


def test_accepts() -> None:
    assert READER.accepts(Path("a.nxml"), b"")
    assert READER.accepts(Path("a.xml"), ARTICLE.encode())
    assert READER.accepts(Path("a.xml"), b"<?xml version='1.0'?><article><front><article-meta>")
    assert not READER.accepts(Path("a.html"), b"<!doctype html><body><article>JATS</article>")


def test_real_articles(data_folder: Path) -> None:
    files = sorted((data_folder / "formats" / "jats").glob("*.nxml"))
    assert files
    for file in files:
        (document,) = READER.read(file, on_broken=pytest.fail)
        assert {"doi", "journal", "year", "authors", "has_abstract"} <= set(document.metadata)
        assert document.sections[0].headings[0] == "Abstract"
        assert any("discussion" in " ".join(section.headings).lower() for section in document.sections)
        assert len(document.text) > 10_000
        assert "[]" not in document.text
