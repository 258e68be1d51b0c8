from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pertinent.ingest.html import HtmlReader

if TYPE_CHECKING:
    from conftest import ReadContent

READER = HtmlReader()
PAGE = """<!doctype html>
<html lang="en-GB">
<head><title>Asthma &amp; care</title><style>p { color: red }</style></head>
<body>
<nav><a href="/">Home</a></nav>
<main>
<h1>Asthma<a href="#x">¶</a></h1>
<p>Inhalers
   help <b>most</b>.</p>
<h2>Doses</h2>
<ul><li>Two puffs</li><li>One spacer</li></ul>
<table><tr><th>Drug</th><th>Dose</th></tr><tr><td>Salbutamol</td><td>100</td></tr></table>
<pre>line one
  line two</pre>
<p hidden>secret</p><div role="navigation">menu</div><script>alert("x")</script>
</main>
<footer>Imprint</footer>
</body></html>
"""


def test_a_page_becomes_text_with_headings_and_lines(read_content: ReadContent) -> None:
    reading = read_content(READER, PAGE, "a.html")
    (document,) = reading.documents
    assert not reading.errors
    assert document.title == "Asthma & care"
    assert document.metadata == {"media_type": "text/html", "language": ("en-GB",)}
    assert document.text == (
        "Asthma\n\nInhalers help most.\n\nDoses\n\n- Two puffs\n- One spacer\nDrug | Dose\nSalbutamol | 100"
        "\n\nline one\n  line two"
    )
    assert [section.headings for section in document.sections] == [("Asthma",), ("Asthma", "Doses")]
    assert document.places is not None

    def lines(words: str) -> str:
        start = document.text.index(words)
        return str(document.places.of(start, start + len(words)))  # type: ignore[union-attr]

    assert lines("Inhalers help most.") == "lines 8-9"
    assert lines("Salbutamol | 100") == "line 12"
    assert lines("line one\n  line two") == "lines 13-14"


def test_without_main_the_only_article_counts_else_the_body(read_content: ReadContent) -> None:
    def text(body: str) -> str:
        return str(read_content(READER, f"<body>{body}</body>", "a.html").documents[0].text)

    assert text("<p>before</p><article>one</article>") == "one"
    assert text("<article>one</article><article>two</article>") == "one\n\ntwo"
    assert text("just words<br>and more") == "just words\nand more"


def test_title_is_the_first_heading_or_the_name(read_content: ReadContent) -> None:
    assert read_content(READER, "<h2>b</h2><h1>A</h1><p>x", "a.html").documents[0].title == "A"
    assert read_content(READER, "<p>x", "heart_failure.html").documents[0].title == "heart failure"


def test_a_title_too_long_stands_whole_in_the_text(read_content: ReadContent) -> None:
    (document,) = read_content(READER, f"<title>{'word ' * 400}</title><h1>A</h1>x", "a.html").documents
    assert len(document.title) <= 1000
    assert document.text.count("word") == 400
    assert (document.sections, document.places) == ((), None)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<p>na\xefve".encode(), "na\xefve"),
        (b"\xef\xbb\xbf<p>na\xc3\xafve", "na\xefve"),
        ('<meta charset="iso-8859-2"><p>\u0159e\u010d'.encode("iso-8859-2"), "\u0159e\u010d"),
        ("<p>na\xefve \u201cquoted\u201d".encode("cp1252"), "na\xefve \u201cquoted\u201d"),
        (b'<meta charset="rot13"><p>na\xefve', "na\xefve"),
        (b'<meta charset="utf-7"><p>x\xef+AGE-', None),
        (b'<meta charset="nonsense"><p>na\xefve', "na\xefve"),
    ],
)
def test_encodings(read_content: ReadContent, content: bytes, text: str | None) -> None:
    (document,) = read_content(READER, content, "a.html").documents
    assert text is None or document.text == text


@pytest.mark.parametrize("content", ["<!-- -->", "<html></html>", "<script>x</script>", "<p> \n</p>"])
def test_pages_without_text(read_content: ReadContent, content: str) -> None:
    reading = read_content(READER, content, "a.html")
    assert not reading.documents
    assert reading.reasons == ["whole file: there is no text"]


def test_depth_and_size_are_bounded(read_content: ReadContent) -> None:
    begun = time.process_time()
    reading = read_content(READER, "<p>shallow</p>" + "<div>" * 200_000 + "deep", "a.html")
    assert [document.text for document in reading.documents] == ["shallow"]
    assert reading.reasons == ["whole file: elements are nested too deep; the deepest are left out"]
    assert read_content(HtmlReader(max_bytes=9), PAGE, "a.html").reasons == [
        "whole file: larger than 9 bytes"
    ]
    for piece in ("<b>", "<p>", "<li>", "<table>", "&amp;", "<!--", "<td>a", "\n"):
        read_content(READER, "<body>x" + piece * 50_000, "a.html")
    assert time.process_time() - begun < 10


def test_nothing_is_fetched_or_expanded(read_content: ReadContent) -> None:
    content = (
        '<!DOCTYPE html [<!ENTITY a "aaaa"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
        "<p>&a; &x; <img src='file:///etc/passwd'></p>"
    )
    (document,) = read_content(READER, content, "a.html").documents
    assert "root:" not in document.text
    assert "aaaa" not in document.text.partition("]>")[2]


def test_accepts() -> None:
    assert READER.accepts(Path("a.HTM"), b"")
    assert READER.accepts(Path("page"), b"\n<!DOCTYPE html><p>x")
    assert READER.accepts(Path("page.txt"), b"<!-- made --> <html>")
    assert not READER.accepts(Path("a.txt"), b"the <html> element")
