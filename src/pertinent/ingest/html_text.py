"""From the tree of an HTML page to its text with headings and lines."""

from __future__ import annotations

import re
from typing import Any

from pertinent.ingest.outline import OutlinedText

_HEADINGS = {f"h{level}": level for level in range(1, 7)}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LEFT_OUT = _names(
    """script style template noscript nav footer aside form button select textarea dialog menu svg
    canvas iframe object embed audio video map"""
)
_LEFT_OUT_ROLES = _names("navigation banner contentinfo search complementary menu dialog")
_BLOCKS = _names(
    """address article blockquote body caption center dd details div dl dt fieldset figcaption figure header
    h1 h2 h3 h4 h5 h6 hgroup hr li main ol p pre section summary table tbody tfoot thead tr ul"""
)
_CLOSE = frozenset({"li", "tr", "dd"})
_CELLS = frozenset({"td", "th"})
_SPACE = re.compile(r"\s+")
_PERMALINK = "¶"


def html_text(root: Any) -> OutlinedText:
    """The text of a page; ``html.py`` says what belongs to it. What does not is taken out of the tree.

    Parameters
    ----------
    root : lxml element
        The whole page.
    """
    from lxml import etree

    page = _Page()
    for element in root.iter():
        if _is_hidden(element):
            element.tag = "template"
    etree.strip_elements(root, *_LEFT_OUT, with_tail=False)
    for event, element in etree.iterwalk(_content(root), events=("start", "end")):
        if event == "start":
            page.start(str(element.tag), element.sourceline or 0)
            page.text(element.text)
        else:
            page.end(str(element.tag))
            page.text(element.tail)
    return page.outlined


def _content(root: Any) -> Any:
    """The element that holds what the page is about."""
    for path in ("//main", "//*[@role='main']", "//article"):
        found = root.xpath(path)
        if len(found) == 1:
            return found[0]
    body = root.find("body")
    return root if body is None else body


def _is_hidden(element: Any) -> bool:
    return (
        element.get("role") in _LEFT_OUT_ROLES
        or element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
    )


class _Page:
    """Collects the pieces of text between the edges of blocks."""

    def __init__(self) -> None:
        self.outlined = OutlinedText()
        self._line = 1
        self._pieces: list[tuple[str, int]] = []
        self._block = self._block_before = ""
        self._cells = 0  # of this row
        self._heading = 0
        self._preformatted = 0

    def start(self, tag: str, line: int) -> None:
        self._line = max(self._line, line)
        if tag in _BLOCKS:
            self._flush()
            self._block, self._cells = tag, 0
        if tag in _HEADINGS:
            self._heading = _HEADINGS[tag]
        elif tag == "pre":
            self._preformatted += 1
        elif tag == "br":
            self._pieces.append(("\n", self._line))
        elif tag in _CELLS:
            if self._cells:
                self._pieces.append((" | ", self._line))
            self._cells += 1

    def end(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._flush()
            self._block = ""
        if tag in _HEADINGS:
            self._heading = 0
        elif tag == "pre":
            self._preformatted -= 1

    def text(self, text: str | None) -> None:
        for number, part in enumerate((text or "").split("\n")):
            self._line += bool(number)
            if self._preformatted:
                self._pieces.append((f"\n{part}" if number else part, self._line))
            else:
                self._pieces.append((_SPACE.sub(" ", f" {part}" if number else part), self._line))

    def _flush(self) -> None:
        """Make a block of the pieces since the last edge."""
        pieces, self._pieces = self._pieces, []
        parts: list[str] = []
        lines: list[tuple[int, int]] = []
        size = 0
        ends_in_space = True
        for piece, line in pieces:
            text = piece.lstrip(" ") if ends_in_space and not self._preformatted else piece
            if not text or (not size and text.isspace()):
                continue
            parts.append(text)
            lines.append((size, line))
            size += len(text)
            ends_in_space = text[-1].isspace()
        whole = "".join(parts).rstrip()
        if not whole.strip(" |\n"):
            return
        if self._heading:
            self.outlined.heading(self._heading, whole.removesuffix(_PERMALINK), lines)
        else:
            mark = "- " if self._block == "li" else ""
            lines = [(offset + len(mark) if offset else 0, line) for offset, line in lines]
            close = self._block in _CLOSE and self._block_before in _CLOSE
            self.outlined.block(mark + whole, lines, close=close)
        self._block_before = self._block
