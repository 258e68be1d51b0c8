"""From documents to passages: whole sentences up to a number of tokens, with overlap.

Source code has no sentences: there it is whole definitions, where one is longer than a passage what
stands between its blank lines, and where that is longer its lines.

A passage never crosses a heading and never starts or ends inside a sentence, unless the sentence
alone is longer than a passage. The passages of a section are of about equal length, so that none is
left with only a few words.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TypeAlias
from uuid import UUID

from pertinent.engine.catalogue import CARRIED
from pertinent.engine.model_folder import TOKENIZER_FILE
from pertinent.errors import UsageError
from pertinent.ingest.code import PROGRAMMING_LANGUAGE
from pertinent.ingest.code_pieces import block_spans, definition_spans, line_spans
from pertinent.ingest.headings import markdown_sections
from pertinent.ingest.markdown import MARKDOWN, MEDIA_TYPE
from pertinent.ingest.sentences import sentence_spans
from pertinent.ingest.titles import MAX_TITLE_CHARS, cut_at_word, short_headings
from pertinent.ingest.tokens import TokenOffsets, token_starts, tokenizer_offsets
from pertinent.types import Document, Passage, Section, content_hash

DEFAULT_MAX_TOKENS = 384
"""Leaves room for title, headings, query and special tokens in a window of 512."""
DEFAULT_OVERLAP = 48
MAX_CHARS_PER_TOKEN = 32
"""A tokenizer may make one token of a megabyte without spaces; characters are bounded as well."""

_SPACE = re.compile(r"\s*")

Spans: TypeAlias = Callable[[str], Sequence[tuple[int, int]]]
_PROSE: tuple[Spans, ...] = (sentence_spans,)
_CODE: tuple[Spans, ...] = (definition_spans, block_spans, line_spans)
"""Ways to divide a text, the finer ones for pieces that are longer than a passage."""


@dataclass(frozen=True, slots=True)
class Chunker:
    """Cuts documents.

    Parameters
    ----------
    offsets : Callable[[str], Sequence[tuple[int, int]]]
        Character offsets of a text's tokens; see :func:`pertinent.ingest.tokens.tokenizer_offsets`.
    max_tokens : int
        Tokens of a passage's text at most. A text of at most so many is one passage.
    overlap : int
        Tokens at most that a passage shares with the one before; whole sentences only, so it is
        often less.

    Raises
    ------
    UsageError
        If ``max_tokens`` is under 16, or ``overlap`` negative or over half of it.

    Examples
    --------
    >>> import re
    >>> words = lambda text: [match.span() for match in re.finditer(r"\\w+", text)]
    >>> chunker = Chunker(words, max_tokens=16, overlap=0)
    >>> passages = chunker.chunk(Document("d", "One two three. " * 8))
    >>> [(passage.start, passage.end) for passage in passages]
    [(0, 59), (60, 119)]
    """

    offsets: TokenOffsets
    max_tokens: int = DEFAULT_MAX_TOKENS
    overlap: int = DEFAULT_OVERLAP

    def __post_init__(self) -> None:
        if self.max_tokens < 16 or not 0 <= self.overlap <= self.max_tokens // 2:
            raise UsageError(
                f"Passages of {self.max_tokens} tokens with an overlap of {self.overlap} cannot be cut.",
                hint="Use at least 16 tokens and an overlap of at most half of them.",
            )

    def chunk(self, document: Document) -> tuple[Passage, ...]:
        """Cut one document.

        ``passage.text == document.text[passage.start:passage.end]`` for every passage, and together
        they hold every character that is neither white space nor part of a heading line (headings
        stand in ``passage.headings``). A document with a title and no text gives one passage with
        an empty text; one with neither gives none. Titles and headings are cut to the lengths in
        ``titles.py``.

        Parameters
        ----------
        document : Document
            The document. Where it has no sections and its metadata says it is Markdown, the headings in
            its text are read.

        Returns
        -------
        tuple of Passage
            In the order of the text. Ids follow from the document's fingerprint and the offsets.
        """
        fingerprint = document.fingerprint
        text = document.text
        if not text.strip():
            return (_passage(document, fingerprint, (), 0, 0),) if document.title.strip() else ()
        is_markdown = document.metadata.get(MEDIA_TYPE) == MARKDOWN
        ways = _CODE if PROGRAMMING_LANGUAGE in document.metadata else _PROSE
        sections = document.sections or (markdown_sections(text) if is_markdown else ())
        return tuple(
            _passage(document, fingerprint, section.headings, start, end)
            for section in sections or (Section((), 0, len(text)),)
            for start, end in self._spans(text[section.start : section.end], section.start, ways)
        )

    def _spans(self, text: str, shift: int, ways: tuple[Spans, ...]) -> list[tuple[int, int]]:
        pieces = ways[0](text)
        if not pieces:
            return []
        starts = token_starts(text, self.offsets, [start for start, _ in pieces])
        lone = (pieces[0][0], pieces[-1][1])
        if self._fits(starts, *lone):
            return [(shift + lone[0], shift + lone[1])]
        units = [unit for piece in pieces for unit in self._units(text, starts, *piece, ways[1:])]
        return [(shift + start, shift + end) for start, end in self._packed(starts, units)]

    def _fits(self, starts: array[int], start: int, end: int) -> bool:
        return (
            end - start <= self.max_tokens * MAX_CHARS_PER_TOKEN
            and _count(starts, start, end) <= self.max_tokens
        )

    def _units(
        self, text: str, starts: array[int], start: int, end: int, finer: tuple[Spans, ...]
    ) -> Iterator[tuple[int, int]]:
        """A piece as it is, or, where it is longer than a passage, divided; at last by the overlap's size."""
        if self._fits(starts, start, end):
            yield start, end
            return
        if finer:
            for first, last in finer[0](text[start:end]):
                yield from self._units(text, starts, start + first, start + last, finer[1:])
            return
        size = self.overlap or self.max_tokens
        while start < end:
            stop = min(end, start + size * MAX_CHARS_PER_TOKEN)
            beyond = bisect_left(starts, start) + size
            if beyond < len(starts):
                stop = min(stop, starts[beyond])
            if stop < end:
                stop = _back_to_space(text, start, stop)
            piece = text[start:stop].rstrip()
            if piece:
                yield start, start + len(piece)
            behind = _SPACE.match(text, stop)
            start = behind.end() if behind else stop

    def _packed(self, starts: array[int], units: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Join neighbouring units to passages of about equal length."""
        sizes = [_count(starts, *unit) for unit in units]
        target = self._target(sum(sizes))
        first, last, size = 0, 0, 0  # the passage in the making is units[first:last]
        for index, (_, end) in enumerate(units):
            begin = units[first][0]
            # Once even, a passage ends here, unless all that remains fits into it as well.
            even = size >= target and not self._fits(starts, begin, units[-1][1])
            if last > first and (even or not self._fits(starts, begin, end)):
                yield units[first][0], units[last - 1][1]
                first = self._overlapping(starts, units, first, index)
                size = sum(sizes[first:index])
            last = index + 1
            size += sizes[index]
        yield units[first][0], units[last - 1][1]

    def _target(self, total: int) -> int:
        """Tokens per passage when the fewest possible passages share the text evenly."""
        step = self.max_tokens - self.overlap
        passages = max(1, ceil((total - self.overlap) / step))
        return ceil((total + (passages - 1) * self.overlap) / passages)

    def _overlapping(self, starts: array[int], units: list[tuple[int, int]], first: int, index: int) -> int:
        """First unit of the passage that ``units[index]`` is new in."""
        begin = index
        while (
            begin - 1 > first
            and _count(starts, units[begin - 1][0], units[index - 1][1]) <= self.overlap
            and self._fits(starts, units[begin - 1][0], units[index][1])
        ):
            begin -= 1
        return begin


def _count(starts: array[int], start: int, end: int) -> int:
    return bisect_left(starts, end) - bisect_left(starts, start)


def _back_to_space(text: str, start: int, stop: int) -> int:
    """The last place before ``stop`` where a word ends; ``stop`` itself inside a very long word."""
    if text[stop - 1].isspace() or text[stop].isspace():
        return stop
    for at in range(stop - 1, start, -1):
        if text[at].isspace():
            return at
    return stop


def _passage(
    document: Document, fingerprint: str, headings: tuple[str, ...], start: int, end: int
) -> Passage:
    return Passage(
        id=str(UUID(hex=content_hash(fingerprint, f"{start}:{end}"))),
        document_id=document.id,
        text=document.text[start:end],
        start=start,
        end=end,
        title=cut_at_word(document.title, MAX_TITLE_CHARS),
        headings=short_headings(headings),
        metadata=document.metadata,
        source=document.source,
        place=document.places.of(start, end) if document.places else None,
    )


def carried_chunker() -> Chunker:
    """Cuts by the tokens of the carried models, whatever a collection's embedder is."""
    return Chunker(tokenizer_offsets(CARRIED / TOKENIZER_FILE))
