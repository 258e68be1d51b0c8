"""Sections of HTML, Mallard and DocBook pages: a heading, those above it, and the blocks of text under it.

One walk serves all three, since what their tags mean does not conflict. What is no running text is left out:
code, tables, figures, menus, indexes, notes about the page itself.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import NamedTuple

from lxml import etree

MOST_DEPTH = 100
"""What is nested more deeply is left out."""
MOST_BLOCKS = 50_000
"""Of one section; the rest is left out."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LEFT_OUT = _words(
    """head script style noscript nav header footer aside form button select textarea input label svg
    math object iframe figure figcaption caption pre table informaltable screen programlisting
    synopsis cmdsynopsis literallayout listing info bookinfo articleinfo chapterinfo sectioninfo
    sect1info sect2info sect3info refsynopsisdiv screenshot screenshotentry mediaobject media links
    legalnotice indexterm index toc bibliography glossary footnote comment remark desc credit
    address citetitle releaseinfo"""
)
_BLOCKS = _words(
    """html body main div section article p para simpara li item listitem dt dd dl ul ol blockquote br
    hr center details summary steps list terms page book chapter sect1 sect2 sect3 sect4 sect5
    simplesect appendix part preface note tip warning important caution procedure step substeps
    itemizedlist orderedlist variablelist varlistentry term example formalpara qandaset qandaentry"""
)
_NESTING = _words(
    """page book article chapter section sect1 sect2 sect3 sect4 sect5 simplesect appendix part"""
)
_TERM = len(_HEADINGS) + 1
"""Level of a term that a glossary explains."""
_GLOSSARY = re.compile(r"\bgloss", re.IGNORECASE)
_PATHS = frozenset(("guiseq", "menuchoice"))
_LEFT_OUT_CLASS = re.compile(
    r"""nav(?:header|footer|bar|igation)? | docnav | menu | (?:local)?toc | contents | breadcrumbs?
      | side-?bar | header | footer | footnotes? | copyright | legalnotice | highlight\S* | programlisting
      | screen | synopsis | figure\S* | screenshot | mediaobject | informal(?:figure|table)
      | related(?:topics)? | see-?also\S* | headerlink | indexterm | sphinxsidebar | embeddedfile | howtoget
      | bibliography | authorgroup""",
    re.IGNORECASE | re.VERBOSE,
)


class Section(NamedTuple):
    """Part of a page.

    Parameters
    ----------
    headings : tuple[str, ...]
        Outermost first; its own is the last.
    blocks : tuple[str, ...]
        Paragraphs and list items, white space folded.
    """

    headings: tuple[str, ...]
    blocks: tuple[str, ...]


def html_sections(content: bytes) -> list[Section]:
    """Sections of an HTML page.

    Examples
    --------
    >>> html_sections(b"<h1>Tea</h1><p>Hot water on leaves.</p><pre>x = 1</pre>")
    [Section(headings=('Tea',), blocks=('Hot water on leaves.',))]
    """
    told = re.search(rb"charset|encoding=", content[:2048], re.IGNORECASE)
    return _sections(
        content,
        etree.HTMLParser(
            no_network=True, remove_comments=True, remove_pis=True, encoding=None if told else "utf-8"
        ),
    )


def xml_sections(content: bytes) -> list[Section]:
    """Sections of a Mallard or DocBook page. Entities stay unread: nothing is fetched, nothing grows.

    Examples
    --------
    >>> xml_sections(b"<page><title>Tea</title><p><guiseq><gui>A</gui><gui>B</gui></guiseq></p></page>")
    [Section(headings=('Tea',), blocks=('A > B',))]
    """
    return _sections(
        content,
        etree.XMLParser(
            no_network=True,
            resolve_entities=False,
            load_dtd=False,
            recover=True,
            remove_comments=True,
            remove_pis=True,
        ),
    )


def _sections(content: bytes, parser: etree.XMLParser | etree.HTMLParser) -> list[Section]:
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return []
    if root is None:
        return []
    reader = _Reader()
    reader.walk(root, 0, 1)
    reader.close()
    return reader.sections


class _Reader:
    def __init__(self) -> None:
        self.sections: list[Section] = []
        self._headings: list[tuple[int, str]] = []
        self._blocks: list[str] = []
        self._written: list[str] = []

    def walk(self, element: etree._Element, depth: int, nesting: int) -> None:
        self._written.append(element.text or "")
        for number, child in enumerate(element):
            if number and _tag(element) in _PATHS:
                self._written.append(" > ")
            if isinstance(child, etree._Entity):
                self._written.append(html5.get(f"{child.name};", child.name))
            elif isinstance(child.tag, str):
                self._child(child, depth, nesting)
            self._written.append(child.tail or "")

    def close(self) -> None:
        self._flush()
        if self._blocks:
            headings = tuple(text for _, text in self._headings)
            self.sections.append(Section(headings, tuple(self._blocks)))
            self._blocks = []

    def _child(self, child: etree._Element, depth: int, nesting: int) -> None:
        tag = _tag(child)
        listing = tag == "code" and _tag(child.getparent()) in _NESTING | {"item"}
        if (
            listing
            or tag in _LEFT_OUT
            or depth > MOST_DEPTH
            or any(map(_LEFT_OUT_CLASS.fullmatch, _names(child)))
        ):
            return
        if tag in _HEADINGS or tag == "title" or (tag == "dt" and _GLOSSARY.search(_classes(child))):
            if heading := _folded("".join(child.itertext(tag=etree.Element))):
                self._open(_HEADINGS.get(tag, _TERM if tag == "dt" else nesting), heading)
        elif tag in _BLOCKS:
            self._flush()
            self.walk(child, depth + 1, nesting + (tag in _NESTING))
            self._flush()
        else:
            self.walk(child, depth + 1, nesting)

    def _open(self, level: int, heading: str) -> None:
        self.close()
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        self._headings.append((level, heading))

    def _flush(self) -> None:
        text = _folded("".join(self._written))
        self._written.clear()
        if text and len(self._blocks) < MOST_BLOCKS:
            self._blocks.append(text)


def _tag(element: etree._Element) -> str:
    # Not by QName, which refuses what pages hold, such as <o:p> of an office program.
    return str(element.tag).rpartition("}")[2].lower()


def _names(element: etree._Element) -> list[str]:
    names = str(element.get("class", "")).split()
    return [*names, str(element.get("id", ""))] if _tag(element) in ("div", "ul") else names


def _classes(term: etree._Element) -> str:
    return " ".join(element.get("class") or "" for element in (term.getparent(), term, *term))


def _folded(text: str) -> str:
    return " ".join(text.split())
