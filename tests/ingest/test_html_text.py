from __future__ import annotations

import pytest
from lxml import html

from pertinent.ingest.html_text import html_text


def text_of(body: str) -> str:
    return html_text(html.document_fromstring(f"<html><body>{body}</body></html>")).text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<p>one\n  <b>and</b> <i>two</i></p>", "one and two"),
        ("one<br>two", "one\ntwo"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<ol><li>a<ul><li>b</ul></ol><p>c", "- a\n- b\n\nc"),
        ("<table><tr><td>a<td>b<tr><td><td>d</table>", "a | b\n| d"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<dl><dt>term<dd>one<dd>two</dl>", "term\n\none\ntwo"),
        ("<div>a<div>b</div>c</div>", "a\n\nb\n\nc"),
        ("<p> </p><p>&nbsp;</p>", ""),
        ("a<span hidden>secret</span><span aria-hidden=true>secret</span>b", "ab"),
        ("<nav>menu</nav><script>x()</script><p>text</p><footer>end</footer>", "text"),
    ],
)
def test_blocks_of_a_page(body: str, text: str) -> None:
    assert text_of(body) == text


def test_headings_stand_over_what_follows_them_without_their_links() -> None:
    body = "<h1>A<a>\u00b6</a></h1><p>a</p><h3>B</h3><p>b</p><h2>C</h2><p>c</p>"
    page = html_text(html.document_fromstring(body))
    assert [section.headings for section in page.sections] == [("A",), ("A", "B"), ("A", "C")]


def test_what_the_page_is_about_is_its_main_part() -> None:
    assert text_of("<p>before</p><div role=main>one</div>") == "one"
    assert text_of("<p>before</p><main>one</main><main>two</main>") == "before\n\none\n\ntwo"
