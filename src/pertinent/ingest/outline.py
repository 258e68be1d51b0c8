"""The outline of a document: headings with their levels, and the stretches of text under them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pertinent.types import Places, Section

MAX_HEADING_CHARS = 200


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading.

    Parameters
    ----------
    level : int
        From 1; a heading stands under the nearest one before it with a lower level.
    title : str
        Its words.
    start, end : int
        Character offsets of its line.
    """

    level: int
    title: str
    start: int
    end: int


def sections_under(headings: Sequence[Heading], text: str) -> list[Section]:
    """Cut a text at its headings.

    Parameters
    ----------
    headings : Sequence[Heading]
        In the order of the text.
    text : str
        The text they stand in.

    Examples
    --------
    >>> sections_under([Heading(1, "Asthma", 0, 7), Heading(2, "Care", 10, 15)], "Asthma\\nA.\\nCare\\nB.")
    [Section(headings=('Asthma',), start=7, end=10), Section(headings=('Asthma', 'Care'), start=15, end=17)]
    """
    edges = [*headings, Heading(0, "", len(text), len(text))]
    sections = [Section((), 0, edges[0].start)] if text[: edges[0].start].strip() else []
    path: list[Heading] = []
    for heading, following in pairwise(edges):
        path = [over for over in path if over.level < heading.level]
        over = tuple(above.title for above in path)
        path.append(heading)
        if text[heading.end : following.start].strip():
            sections.append(Section((*over, heading.title), heading.end, following.start))
        elif following.level <= heading.level:  # nothing under it, not even a deeper heading
            sections.append(Section(over, heading.start, heading.end))
    return sections


class OutlinedText:
    """A text put together from headings and blocks, which remembers where they came from.

    Examples
    --------
    >>> outlined = OutlinedText()
    >>> outlined.heading(1, "Asthma", [(0, 3)])
    >>> outlined.block("Inhalers help.", [(0, 5)])
    8
    >>> outlined.text, [section.headings for section in outlined.sections]
    ('Asthma\\n\\nInhalers help.', [('Asthma',)])
    >>> outlined.places.of(8, 22).first
    5
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self._headings: list[Heading] = []
        self._starts = array("q")
        self._lines = array("q")

    def heading(self, level: int, title: str, lines: Iterable[tuple[int, int]] = ()) -> None:
        """Add a heading; white space in it is made single, and a long one is cut in ``sections``.

        Parameters
        ----------
        level : int
            From 1.
        title : str
            Its words; nothing is added where there are none.
        lines : iterable of (offset, line)
            Which line of the file stands at which offset into the title.
        """
        title = " ".join(title.split())
        if title:
            start = self.block(title, lines)
            self._headings.append(Heading(level, title[:MAX_HEADING_CHARS], start, self._size))

    def block(self, text: str, lines: Iterable[tuple[int, int]] = (), *, close: bool = False) -> int:
        """Add a paragraph, a list item or a row of a table.

        Parameters
        ----------
        text : str
            Its text; it should hold more than white space.
        lines : iterable of (offset, line)
            Which line of the file stands at which offset into the text.
        close : bool
            Whether it stands right under the block before it, as list items do, without an empty line.

        Returns
        -------
        int
            Where it begins in the whole text.
        """
        if self._parts:
            self._add("\n" if close else "\n\n")
        start = self._size
        for offset, line in lines:
            # Lines of a file never run backwards, whatever a damaged file makes a parser say.
            if not self._lines or line > self._lines[-1]:
                self._starts.append(start + offset)
                self._lines.append(line)
        self._add(text)
        return start

    @property
    def size(self) -> int:
        """Characters so far."""
        return self._size

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self._parts)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The stretches under headings; empty where there is no heading."""
        return tuple(sections_under(self._headings, self.text)) if self._headings else ()

    @property
    def places(self) -> Places | None:
        """On which lines it stands; None where no line was told."""
        return Places("line", self._starts, self._lines) if self._lines else None

    @property
    def first_heading(self) -> str:
        """The first heading of the highest level there is; empty where there is none."""
        return min(self._headings, key=lambda heading: heading.level).title if self._headings else ""

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self._size += len(text)
