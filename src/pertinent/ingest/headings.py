"""The outline of a Markdown text: which headings stand over which stretch.

ATX (``## Methods``) and one-line setext headings (underlined with ``===`` or ``---``) of CommonMark;
nothing inside a fenced code block is a heading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|$)")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_NOT_PARAGRAPH = re.compile(r" {4}|\t| {0,3}(?:[-*+>|]|\d{1,9}[.)]\s|<)")
MAX_HEADING_CHARS = 200


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of text under one heading.

    Parameters
    ----------
    headings : tuple[str, ...]
        The headings over it, outermost first.
    start, end : int
        Character offsets of the stretch, without its heading line; the heading line itself where
        nothing stands under it.
    """

    headings: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Heading:
    level: int
    title: str
    start: int
    end: int


def markdown_sections(text: str) -> list[Section]:
    r"""Cut a Markdown text at its headings.

    Parameters
    ----------
    text : str
        The text, lines ending with ``\n``.

    Examples
    --------
    >>> [section.headings for section in markdown_sections("# Asthma\nA.\n## Treatment\nB.\n")]
    [('Asthma',), ('Asthma', 'Treatment')]
    """
    headings = _headings(text)
    edges = [*headings, _Heading(0, "", len(text), len(text))]
    sections = [Section((), 0, edges[0].start)] if text[: edges[0].start].strip() else []
    path: list[_Heading] = []
    for heading, following in pairwise(edges):
        path = [over for over in path if over.level < heading.level]
        over = tuple(above.title for above in path)
        path.append(heading)
        if text[heading.end : following.start].strip():
            sections.append(Section((*over, heading.title), heading.end, following.start))
        elif following.level <= heading.level:  # nothing under it, not even a deeper heading
            sections.append(Section(over, heading.start, heading.end))
    return sections


def first_heading(text: str) -> str:
    """Title of the first top-level heading; empty where there is none."""
    return next((heading.title for heading in _headings(text) if heading.level == 1), "")


def _headings(text: str) -> list[_Heading]:
    found: list[_Heading] = []
    fence = ""
    end = 0
    title, title_start = "", 0  # the line above, where it can be the text of a setext heading
    below_text = False  # whether the line above is text, so that this one goes on from it
    for line in text.split("\n"):
        start, end = end, end + len(line) + 1
        above, above_start, inside_paragraph = title, title_start, below_text
        title, below_text = "", False
        if mark := _FENCE.fullmatch(line):
            fence = _fence_after(fence, *mark.groups())
        elif fence:
            continue
        elif mark := _ATX.match(line):
            if name := _atx_title(line[mark.end() :]):
                found.append(_Heading(len(mark[1]), name, start, min(end, len(text))))
        elif above and (mark := _UNDERLINE.fullmatch(line)):
            level = 1 if mark[1][0] == "=" else 2
            found.append(_Heading(level, _shorten(above), above_start, min(end, len(text))))
        elif line.strip():
            below_text = True
            if not inside_paragraph and not _NOT_PARAGRAPH.match(line):
                title, title_start = line, start
    return found


def _fence_after(fence: str, mark: str, info: str) -> str:
    """The fence that is open after a fence line."""
    if fence:
        return "" if mark.startswith(fence) and not info.strip() else fence
    return "" if mark[0] == "`" and "`" in info else mark


def _atx_title(rest: str) -> str:
    rest = rest.strip()
    unclosed = rest.rstrip("#")
    return _shorten(unclosed if not unclosed or unclosed[-1] in " \t" else rest)


def _shorten(title: str) -> str:
    return " ".join(title.split())[:MAX_HEADING_CHARS]
