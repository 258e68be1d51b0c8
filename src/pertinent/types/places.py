"""Places: under which headings a stretch of a document stands, and on which lines or pages of its file."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Unit: TypeAlias = Literal["line", "page"]


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
class Place:
    """Lines or pages of a file, from 1, both ends included.

    Examples
    --------
    >>> str(Place("line", 12, 18)), str(Place("page", 3, 3))
    ('lines 12-18', 'page 3')
    """

    unit: Unit
    first: int
    last: int

    def __str__(self) -> str:
        if self.first == self.last:
            return f"{self.unit} {self.first}"
        return f"{self.unit}s {self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Places:
    """On which lines or pages of its file each stretch of a document's text stands.

    Parameters
    ----------
    unit : {"line", "page"}
        What is counted.
    starts : Sequence[int]
        Rising character offsets; at each another line or page begins.
    numbers : Sequence[int]
        Which one, from 1.

    Examples
    --------
    >>> Places("page", (0, 100, 200), (1, 2, 4)).of(150, 201)
    Place(unit='page', first=2, last=4)
    """

    unit: Unit
    starts: Sequence[int]
    numbers: Sequence[int]

    def of(self, start: int, end: int) -> Place:
        """The place of the characters from ``start`` to before ``end``."""
        return Place(self.unit, self._number(start), self._number(max(start, end - 1)))

    def flat(self) -> str:
        """All of it as one text, for fingerprints."""
        return f"{self.unit}:{array('q', self.starts).tobytes().hex()}:{self.numbers!r}"

    def _number(self, offset: int) -> int:
        return self.numbers[max(0, bisect_right(self.starts, offset) - 1)]


def line_places(text: str, *, first: int = 1, skip: int = 0) -> Places:
    r"""Places in a text whose lines are those of its file.

    Parameters
    ----------
    text : str
        The document's text, lines ending with ``\n``.
    first : int
        Number of its first line in the file.
    skip : int
        Characters at its beginning that do not stand there in the file.

    Examples
    --------
    >>> line_places("One.\nTwo.\n", first=4).of(5, 9)
    Place(unit='line', first=5, last=5)
    """
    starts = array("q", [skip])
    starts.extend(match.end() for match in _LINE_END.finditer(text, skip))
    return Places("line", starts, range(first, first + len(starts)))


_LINE_END = re.compile("\n")
