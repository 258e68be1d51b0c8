from __future__ import annotations

from xml.etree.ElementTree import XML

import pytest

from pertinent.ingest.jats_text import article_text, inline_text


def body(content: str) -> str:
    return article_text(XML(f"<article><body>{content}</body></article>")).text


def test_sections_are_headings() -> None:
    outlined = article_text(
        XML(
            "<article><front><article-meta><abstract><sec><title>Aims</title><p>a</p></sec></abstract>"
            "<abstract abstract-type='summary'><title>In short</title><p>b</p></abstract>"
            "</article-meta></front><body><p>c</p><sec><title>Results</title><sec><label>1.1</label>"
            "<title>Of <italic>all</italic></title><p>d</p></sec></sec></body>"
            "<back><app-group><app><title>More</title><p>e</p></app></app-group><ack><p>Thanks.</p></ack></back>"
            "<sub-article><body><p>f</p></body></sub-article></article>"
        )
    )
    found = [
        (section.headings, outlined.text[section.start : section.end].strip())
        for section in outlined.sections
    ]
    assert found == [
        (("Abstract", "Aims"), "a"),
        (("In short",), "b\n\nc"),
        (("Results", "1.1 Of all"), "d"),
        (("More",), "e"),
    ]


def test_tables_are_rows() -> None:
    table = (
        "<table-wrap><label>Table 1</label><caption><title>Doses.</title><p>Of all.</p></caption>"
        "<alternatives><graphic/><table><thead><tr><th>Drug</th><th>Dose</th></tr></thead>"
        "<tbody><tr><td>A<xref ref-type='table-fn'>a</xref></td><td/></tr><tr><td/></tr></tbody></table>"
        "</alternatives><table-wrap-foot><fn><p>Note.</p></fn></table-wrap-foot></table-wrap>"
    )
    text = "Table 1. Doses. Of all.\nDrug | Dose\nAa | \n\nNote."
    assert body(f"<p>one{table}two</p>") == f"one\n\n{text}\n\ntwo"


def test_a_table_in_a_cell_is_read_once() -> None:
    nested = "<tr><td>a</td></tr>"
    for _ in range(20):
        nested = f"<tr><td><table>{nested}</table></td></tr>"
    assert body(f"<table-wrap><table>{nested}</table></table-wrap>") == "a"


def test_lists_figures_and_formulas() -> None:
    assert body(
        "<p>x</p><list><list-item><p>a</p><p>b</p></list-item><list-item><p/></list-item></list>"
    ) == ("x\n- a b")
    assert (
        body("<def-list><def-item><term>mg</term><def><p>gram</p></def></def-item></def-list>") == "mg: gram"
    )
    assert (
        body("<fig><label>Fig. 1.</label><caption><p>A cell</p></caption><graphic/></fig>")
        == "Fig. 1. A cell."
    )
    assert body("<p>so <disp-formula><tex-math>\\x</tex-math><m>a=b</m></disp-formula> it is</p>") == (
        "so\n\na=b\n\nit is"
    )


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("seen [<xref ref-type='bibr'>1</xref>,<xref ref-type='bibr'>2</xref>]. So", "seen. So"),
        ("seen <xref ref-type='bibr'>[1]</xref>–<xref ref-type='bibr'>[3]</xref>.", "seen."),
        ("seen<sup><xref ref-type='bibr'>1</xref>,</sup> twice", "seen twice"),
        ("(<xref ref-type='bibr'>Roe 1998</xref>)", "(Roe 1998)"),
        ("<xref ref-type='table'>Table 1</xref> [a] f()", "Table 1 [a] f()"),
        ("(a, <xref ref-type='bibr'>1</xref>; b) (<xref ref-type='bibr'>2</xref>)", "(a,; b)"),
        ("10<sup>3</sup> a<break/>b <fn><p>note</p></fn>", "103 a b"),
    ],
)
def test_numbers_of_references_are_left_out(markup: str, text: str) -> None:
    assert inline_text(XML(f"<p>{markup}</p>")) == text
