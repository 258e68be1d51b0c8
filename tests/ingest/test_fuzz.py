"""Mutated inputs: readers report through ``on_broken`` and never raise, hang or swell."""

from __future__ import annotations

import gzip
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.errors import RecordError
from pertinent.ingest.beir import BeirReader
from pertinent.ingest.chunker import Chunker
from pertinent.ingest.code import CodeReader
from pertinent.ingest.detect import open_documents
from pertinent.ingest.headings import markdown_sections
from pertinent.ingest.html import HtmlReader
from pertinent.ingest.jats import JatsReader
from pertinent.ingest.jsonl import JsonlReader
from pertinent.ingest.markdown import MarkdownReader
from pertinent.ingest.medline import MedlineReader
from pertinent.ingest.naming import title_of
from pertinent.ingest.protocol import Reader
from pertinent.ingest.sentences import sentence_spans
from pertinent.ingest.streams import GZIP_MAGIC
from pertinent.ingest.tables import CsvReader
from pertinent.ingest.tagged_citations import NBIB, RIS
from pertinent.ingest.text import TextReader
from pertinent.store.schema import grow

if TYPE_CHECKING:
    from conftest import ReadContent

SEEDS: list[tuple[Reader, bytes]] = [
    (
        JsonlReader(max_line_bytes=4096),
        b'{"_id": "1", "title": "T", "text": "One \\u00e9.", "metadata": {"year": 1980, "mesh": ["A"]}}\n'
        * 3,
    ),
    (
        BeirReader(max_line_bytes=4096),
        b'{"_id": "1", "text": "caf\xc3\xa9", "metadata": {"a": ["b", "c"]}}\n' * 3,
    ),
    (TextReader(max_bytes=4096), "Plain. Text 字。\r\nMore…\n\n- item".encode()),
    (
        MarkdownReader(max_bytes=4096),
        b"---\ntitle: T\ntags: [a, 'b']\nlist:\n  - x\n---\n# A\n\nT [[C|d]]\n===\n```\n# no\n```\n## B #\n",
    ),
    (
        HtmlReader(max_bytes=4096),
        b"<!doctype html><html lang=en><title>T</title><body><nav>n</nav><main><h1>A</h1>\n"
        b"<p>x &amp; <b>y</b><ul><li>z</ul><table><tr><td>1<td>2</table><pre>a\n b</pre></main>",
    ),
    (CsvReader(max_row_bytes=4096), b'id,text,year,"a b"\n1,"one, ""two""\nthree",1980,2.5\n2,b,1981,\n'),
    (
        CodeReader(max_bytes=4096, max_line_chars=200),
        b"import re\n\ndef one(x):\n    return x\n\n\nclass Two {\n\tint y;\n}\nend\n",
    ),
    (
        JatsReader(max_article_bytes=4096),
        b'<article xml:lang="en"><front><article-meta><article-id pub-id-type="pmc">1</article-id>'
        b"<title-group><article-title>T</article-title></title-group><abstract><p>a</p></abstract></article-meta></front>"
        b"<body><sec><title>A</title><p>x [<xref ref-type='bibr'>1</xref>]<list><list-item><p>i</p>"
        b"</list-item></list></p><table-wrap><table><tr><td>1</td><td/></tr></table></table-wrap></sec></body></article>",
    ),
    (
        replace(RIS, max_record_bytes=4096),
        b"TY  - JOUR\r\nAU  - Roe, Jane\r\nPY  - 1980\r\nTI  - caf\xc3\xa9\r\nAB  - A.\r\nB.\r\nER  - \r\n"
        * 2,
    ),
    (
        replace(NBIB, max_record_bytes=4096),
        b"PMID- 1\nDP  - 1980\nTI  - T\n      t\nAB  - One.\nLID - 10.1/a [doi]\nMH  - A/*b\nAU  - Roe J\n\n"
        * 2,
    ),
    (
        MedlineReader(max_citation_bytes=4096),
        b'<?xml version="1.0" encoding="utf-8"?><!DOCTYPE PubmedArticleSet SYSTEM "x.dtd"><PubmedArticleSet>'
        b"<PubmedArticle><MedlineCitation><PMID>1</PMID><Article><Journal><JournalIssue><PubDate><Year>1980"
        b"</Year></PubDate></JournalIssue></Journal><ArticleTitle>T &amp; <i>x</i></ArticleTitle>"
        b'<Abstract><AbstractText Label="A">&nbsp;t</AbstractText></Abstract></Article></MedlineCitation>'
        b"</PubmedArticle></PubmedArticleSet>",
    ),
]
SPICE = [
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b'"',
    b"\n",
    b"\r",
    b"<",
    b"&",
    b"]]>",
    b"<!ENTITY a 'b'>",
    b"{" * 50,
    b" " * 2000 + b'"',
    b'b","c\n' * 50,
    b"\x1f\x8b",
]


NAMES = [
    "a",
    "a.nxml",
    "a.ris",
    "a.nbib",
    "a.json",
    "a.xml",
    "a.csv",
    "a.md",
    "a.html",
    "a.pdf",
    "a.docx",
    "a.jsonl.gz",
    "a.bin",
]


@st.composite
def mutated(draw: st.DrawFn, seed: bytes) -> bytes:
    """The seed with stretches cut, doubled, overwritten or spiced, perhaps in damaged gzip."""
    data = bytearray(seed)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.integers(0, 30)))
        put = draw(
            st.binary(max_size=8) | st.sampled_from(SPICE) | st.just(bytes(data[at:end]) * 3) | st.just(b"")
        )
        data[at:end] = put
    packing = draw(st.sampled_from(["plain", "plain", "gzip", "cut"]))
    if packing == "plain":
        return bytes(data)
    packed = gzip.compress(bytes(data))
    return packed if packing == "gzip" else packed[: draw(st.integers(0, len(packed)))]


@pytest.mark.parametrize("index", range(len(SEEDS)), ids=[reader.name for reader, _ in SEEDS])
@given(data=st.data())
@settings(max_examples=250)
def test_mutations(index: int, data: st.DataObject, read_content: ReadContent) -> None:
    reader, seed = SEEDS[index]
    content = data.draw(mutated(seed))
    begun = time.perf_counter()
    reading = read_content(reader, content, f"fuzz-{reader.name}")
    chunker = Chunker(lambda text: [(i, i + 1) for i, c in enumerate(text) if not c.isspace()])
    for document in reading.documents:
        assert document.id
        assert document.text.strip() or document.title.strip()
        document.fingerprint.encode()
        (document.text + document.title + document.id).encode()
        grow({}, document.metadata)
        for passage in chunker.chunk(document):
            assert passage.text == document.text[passage.start : passage.end]
            if passage.place and not content.startswith(GZIP_MAGIC):
                lines = len(content.splitlines()) + 1
                assert 1 <= passage.place.first <= passage.place.last <= lines
    for error in reading.errors:
        assert type(error) is RecordError
        assert error.source == str(reading.path)
        assert error.position
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize("index", range(len(SEEDS)), ids=[reader.name for reader, _ in SEEDS])
def test_seeds_are_readable(index: int, read_content: ReadContent) -> None:
    reader, seed = SEEDS[index]
    assert read_content(reader, seed, "seed").documents


@given(st.binary(max_size=200), st.sampled_from(NAMES))
def test_any_bytes_under_any_name(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    errors: list[RecordError] = []
    documents = list(open_documents([path], on_broken=errors.append))
    assert documents or errors or not content.strip() or name.endswith((".csv", ".jsonl.gz"))
    path.unlink()


@pytest.mark.parametrize("before", ["", "a.", "a\n", "A. ("])
@pytest.mark.parametrize("run", [" ", "\t", "(", "[1,", "-", "\n ", " #", "`"])
def test_long_runs_take_linear_time(before: str, run: str) -> None:
    """A pattern that looks at the rest of a run from each of its places would take minutes."""
    text = before + run * (100_000 // len(run)) + "x"
    spans = sentence_spans(text)
    assert spans[-1][1] == len(text)
    assert markdown_sections(text)[-1].end == len(text)
    assert title_of(Path(f"{text}.txt")).endswith("x")
