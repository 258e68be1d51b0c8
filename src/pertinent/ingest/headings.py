"""The outline of a Markdown text: which headings stand over which stretch.

ATX (``## Methods``) and one-line setext headings (underlined with ``===`` or ``---``) of CommonMark;
nothing inside a fenced code block is a heading. Links and pictures in a heading are read as what they show,
because every passage under it carries it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pertinent.ingest.outline import MAX_HEADING_CHARS, Heading, sections_under
from pertinent.types import Section

_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|$)")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
# Possessive, so that they take linear time.
_PICTURE = re.compile(r"!\[([^\[\]]*+)\]\([^()]*+\)")
_LINK = re.compile(r"\[([^\[\]]*+)\]\([^()]*+\)")
_NOT_PARAGRAPH = re.compile(r" {4}|\t| {0,3}(?:[-*+>|]|\d{1,9}[.)]\s|<)")


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
    return sections_under(_headings(text), text)


def first_heading(text: str) -> str:
    """Title of the first top-level heading; empty where there is none."""
    return next((heading.title for heading in _headings(text) if heading.level == 1), "")


def lines_of(text: str) -> Iterator[tuple[int, str, bool]]:
    """Lines of a Markdown text: offset, the line, and whether it belongs to a fenced code block."""
    fence = ""
    start = 0
    for line in text.split("\n"):
        mark = _FENCE.fullmatch(line)
        yield start, line, bool(mark or fence)
        if mark:
            fence = _fence_after(fence, *mark.groups())
        start += len(line) + 1


def _headings(text: str) -> list[Heading]:
    found: list[Heading] = []
    title, title_start = "", 0  # the line above, where it can be the text of a setext heading
    below_text = False  # whether the line above is text, so that this one goes on from it
    for start, line, is_code in lines_of(text):
        end = start + len(line) + 1
        above, above_start, inside_paragraph = title, title_start, below_text
        title, below_text = "", False
        if is_code:
            continue
        if mark := _ATX.match(line):
            if name := _shown(_atx_title(line[mark.end() :])):
                found.append(Heading(len(mark[1]), name, start, min(end, len(text))))
        elif above and (mark := _UNDERLINE.fullmatch(line)):
            level = 1 if mark[1][0] == "=" else 2
            found.append(Heading(level, _shown(above), above_start, min(end, len(text))))
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
    return unclosed if not unclosed or unclosed[-1] in " \t" else rest


def _shown(title: str) -> str:
    """The words of a heading; what a picture stands for is told only where there is nothing else."""
    words = _LINK.sub(r"\1", _PICTURE.sub("", title))
    if not words.strip():
        words = _LINK.sub(r"\1", _PICTURE.sub(r"\1", title))
    return " ".join((words if words.strip() else title).split())[:MAX_HEADING_CHARS]
