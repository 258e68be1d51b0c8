"""The text of one article in JATS: what is read of it, in which order, under which headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element  # only the tree; the parsing is guarded in xml_trees.py

from pertinent.ingest.outline import OutlinedText


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_LEFT_OUT = _tags(
    """ref-list sub-article response fn-group fn supplementary-material graphic inline-graphic media
    object-id tex-math permissions sec-meta kwd-group notes bio ack glossary front-stub title label"""
)
"""Titles and labels are read with what they belong to."""
_IN_PARAGRAPHS = _tags(
    """list def-list table-wrap table-wrap-group fig fig-group boxed-text disp-quote disp-formula
    disp-formula-group statement verse-group code preformat array"""
)
"""Blocks that may stand inside a paragraph."""
_SECTIONS = _tags("sec app boxed-text abstract trans-abstract")
_NUMBER = "\ufdd0"
"""Stands for the number of a reference until a text is tidied; no character of any text."""
_BETWEEN = r"[ ,;\u2013\u2014-]*"
_NUMBERS = re.compile(rf" ?[\[(]{_BETWEEN}(?:{_NUMBER}{_BETWEEN})+[\])]| ?{_NUMBER}(?:{_BETWEEN}{_NUMBER})*")


def article_text(article: Element) -> OutlinedText:
    """Abstracts, body, appendices and floating tables and figures of an ``article`` element.

    Examples
    --------
    >>> from xml.etree.ElementTree import XML
    >>> article = XML("<article><body><sec><title>Aims</title><p>To see [<xref ref-type='bibr'>1</xref>]."
    ...               "</p></sec></body></article>")
    >>> article_text(article).text
    'Aims\\n\\nTo see.'
    """
    outlined = OutlinedText()
    for abstract in article.iterfind("front/article-meta/abstract"):
        named = "" if abstract.get("abstract-type") is None else inline_text(abstract.find("title"))
        outlined.heading(1, named or "Abstract")
        _blocks(abstract, 2, outlined)
    for part in (article.find("body"), article.find("back"), article.find("floats-group")):
        if part is not None:
            _blocks(part, 1, outlined)
    return outlined


def inline_text(element: Element | None) -> str:
    """Text of an element in one line, without notes, pictures and numbers of references."""
    if element is None:
        return ""
    return _tidied("".join(_words(element)))


def _blocks(parent: Element, level: int, outlined: OutlinedText) -> None:
    for element in parent:
        tag = element.tag
        if tag in _LEFT_OUT:
            continue
        if tag in _SECTIONS:
            outlined.heading(level, _titled(element))
            _blocks(element, level + 1, outlined)
        elif tag == "p":
            _paragraph(element, level, outlined)
        elif tag == "list":
            for item in element.iterfind("list-item"):
                _block(f"- {inline_text(item)}", outlined, close=True)
        elif tag == "def-list":
            for item in element.iterfind("def-item"):
                _block(": ".join(inline_text(item.find(part)) for part in ("term", "def")), outlined)
        elif tag == "table-wrap":
            _table(element, outlined)
        elif tag == "fig":
            _block(_captioned(element), outlined)
        elif any(
            child.tag in _SECTIONS or child.tag in _IN_PARAGRAPHS or child.tag == "p" for child in element
        ):
            _blocks(element, level, outlined)
        else:
            _block(inline_text(element), outlined)


def _paragraph(paragraph: Element, level: int, outlined: OutlinedText) -> None:
    """The paragraph, in pieces where lists, tables or formulas stand in it."""
    words = [paragraph.text or ""]
    for child in paragraph:
        if child.tag in _IN_PARAGRAPHS:
            _block(_tidied("".join(words)), outlined)
            words.clear()
            holder = Element("p")
            holder.append(child)
            _blocks(holder, level, outlined)
        else:
            words.extend(_shown(child))
        words.append(child.tail or "")
    _block(_tidied("".join(words)), outlined)


def _table(wrap: Element, outlined: OutlinedText) -> None:
    _block(_captioned(wrap), outlined)
    for row in _rows(wrap):
        cells = [inline_text(cell) for cell in row]
        if any(cells):
            outlined.block(" | ".join(cells), close=True)
    for note in wrap.iterfind("table-wrap-foot/*"):
        _block(_tidied("".join(_words(note))), outlined)


def _rows(element: Element) -> Iterator[Element]:
    """Rows of a table; a table inside a cell belongs to that."""
    for child in element:
        if child.tag == "tr":
            yield child
        else:
            yield from _rows(child)


def _captioned(element: Element) -> str:
    """Label and caption: ``Table 1. Means. Of all groups.``"""
    parts = [inline_text(element.find("label")).rstrip(".")]
    caption = element.find("caption")
    parts += [] if caption is None else [inline_text(part).rstrip(".") for part in caption]
    text = ". ".join(filter(None, parts))
    return f"{text}." if text else ""


def _titled(section: Element) -> str:
    title = section.find("title")
    title = section.find("caption/title") if title is None else title
    return " ".join(filter(None, (inline_text(section.find("label")), inline_text(title))))


def _block(text: str, outlined: OutlinedText, *, close: bool = False) -> None:
    if text.strip(" -:"):
        outlined.block(text, close=close)


def _words(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        yield from _shown(child)
        yield child.tail or ""


def _shown(element: Element) -> Iterator[str]:
    tag = element.tag
    if tag in _LEFT_OUT and tag not in ("title", "label"):
        return
    if tag == "xref" and element.get("ref-type") == "bibr":
        words = "".join(element.itertext())
        yield words if any(map(str.isalpha, words)) else _NUMBER  # "Roe 1998" is kept, "12" is not
    elif tag == "sup" and element.find(".//xref[@ref-type='bibr']") is not None:
        return
    elif tag in ("p", "break", "list-item", "title", "label", "td", "th"):
        yield " "
        yield from _words(element)
        yield " "
    else:
        yield from _words(element)


def _tidied(text: str) -> str:
    """White space made single, numbers of references left out with the brackets around them."""
    return " ".join(_NUMBERS.sub("", " ".join(text.split())).split())
