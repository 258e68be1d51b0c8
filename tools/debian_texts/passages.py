"""Sections to passages: joined or cut to a length, without what reads badly or was there before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import NamedTuple
from zlib import crc32

from debian_texts.sections import Section
from pertinent.ingest.sentences import sentence_spans

MOST_WORDS = 200
USUAL_WORDS = 150
"""A longer section is cut into parts of about this length."""
FEWEST_LETTERS = 0.74
FEWEST_COMMON = 0.24
SHINGLE = 5
"""Words; of these shingles every fourth is remembered, chosen by its checksum."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COMMON = _words(
    """the a an of to in is are and or that for with on as it this be by can you your from not if which have
    has was were when will at they their one more used use may into other than all also its"""
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NUMBERED = re.compile(
    r"(?:(?:chapter|part|appendix|section|step)\s+(?:\d[\d.]*|[A-Z]\b)[.:]?|[A-Z]?\.?\d+(?:\.\d+)*\.?(?=\s)|[A-Z](?:\.\d+)+\.?)\s*",
    re.IGNORECASE,
)
_NO_SUBJECT = re.compile(
    r"""licen[cs]|copyright|warrant|change\s?log|release\snotes|credits|^authors?|acknowledge?ments?
      |contributors|bibliograph|^references|^index$|^contents|colophon|what.s\snew|disclaimer|trademark
      |verbatim\scopying|documentation\sfeedback|^links|further\sreading|see\salso|^v?\d[\d.]+$""",
    re.IGNORECASE | re.VERBOSE,
)
"""Headings of what is about the text itself, or leads away from it."""
_CITED = re.compile(
    r"\s*\[(?:\d{1,3}|[^\[\]]{0,80}(?:\bp{1,2}\. ?\d|op\. cit|ibid)[^\[\]]{0,80})\]", re.IGNORECASE
)
_ENDED = re.compile(r"[.:;!?][\"”’')]*$")
_ADDRESS = re.compile(r"https?://|www\.|@\w")
_LEFT_OUT = re.compile(
    r"(?:see|for (?:more|further)|figure \d|table \d|example \d|note that the|go to|back to|©|copyright)\b|©",
    re.IGNORECASE,
)
"""How blocks begin that lead away from the text, or name its owner."""
_LEGAL = re.compile(r"\bthis License\b|invariant section|without any warranty", re.IGNORECASE)
_LEADS_TO_LISTING = re.compile(r"(?:^|(?<=[.!?])\s)[^.!?]*:$")


class Text(NamedTuple):
    """A passage with the headings it stands under, outermost first."""

    headings: tuple[str, ...]
    text: str


def cut(sections: Iterable[Section], fewest_words: int) -> Iterator[Text]:
    """Passages of at most 200 words; what is shorter than ``fewest_words``, or no prose, is left out.

    Examples
    --------
    >>> list(cut([Section(("1.2. Tea ¶",), ("Tea is the water that was on the leaves",))], 5))
    [Text(headings=('Tea',), text='Tea is the water that was on the leaves.')]
    """
    for section in sections:
        headings = tuple(filter(None, map(plain_heading, section.headings)))
        if not headings or any(map(_NO_SUBJECT.search, headings)):
            continue
        for part in _parts(list(_pieces(section.blocks))):
            text = _LEADS_TO_LISTING.sub("", part)
            if len(text.split()) >= fewest_words and reads_well(text) and not _LEGAL.search(text):
                yield Text(headings, text)


def plain_heading(heading: str) -> str:
    """A heading without its number and signs.

    Examples
    --------
    >>> plain_heading("11.6. Oilify ¶"), plain_heading("A.2 What is tea?"), plain_heading("Chapter 2. Basics")
    ('Oilify', 'What is tea?', 'Basics')
    """
    heading = " ".join(heading.replace("¶", " ").replace("\u200b", "").split())
    return _NUMBERED.sub("", heading, count=1).strip(" .:-–—•#§…")


def reads_well(text: str) -> bool:
    """Whether a text is English prose rather than code, a list of names, or another language.

    Examples
    --------
    >>> reads_well("for (i = 0; i < n; i++) { total += x[i]; }")
    False
    """
    words = _WORD.findall(text)
    letters = sum(map(len, words))
    common = sum(word.lower() in _COMMON for word in words)
    return (
        bool(words)
        and letters >= FEWEST_LETTERS * len(text)
        and common >= FEWEST_COMMON * len(words)
        and sum(not char.isascii() and char.isalpha() for char in text) <= 0.03 * letters
        and sum(word.isupper() and len(word) > 1 for word in words) <= 0.12 * len(words)
        and len(_ADDRESS.findall(text)) <= 2
        and (text[0].isalnum() or text[0] in "\"“‘'(")
    )


class Repeats:
    """Texts of which half was there before, told by a sample of their shingles."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def holds(self, text: str) -> bool:
        """Whether half of a text was in those given before; if not, it is remembered.

        Examples
        --------
        >>> repeats = Repeats()
        >>> words = " ".join(map(chr, range(97, 123)))
        >>> repeats.holds(words), repeats.holds(f"{words} one word"), repeats.holds("quite another text")
        (False, True, False)
        """
        words = [word.lower() for word in _WORD.findall(text)]
        sums = (
            crc32(" ".join(words[at : at + SHINGLE]).encode())
            for at in range(max(1, len(words) - SHINGLE + 1))
        )
        sample = {value for value in sums if value % 4 == 0}
        if sample and len(sample & self._seen) >= len(sample) / 2:
            return True
        self._seen |= sample
        return False


def _pieces(blocks: Iterable[str]) -> Iterator[str]:
    for block in blocks:
        plain = _CITED.sub("", " ".join(unescape(block).split()))
        plain = (
            re.sub(r"\s+([,.;:)])(?=\s|$)", r"\1", plain).replace("( ", "(").replace("¶", "").rstrip(",; ")
        )
        words = len(plain.split())
        if not plain or _LEFT_OUT.match(plain):
            continue
        if words <= MOST_WORDS:
            yield plain if _ENDED.search(plain) else f"{plain}."
        else:
            yield from (plain[start:end] for start, end in sentence_spans(plain))


def _parts(pieces: list[str]) -> Iterator[str]:
    lengths = [len(piece.split()) for piece in pieces]
    total = sum(lengths)
    aim = total / max(1, round(total / USUAL_WORDS))
    held: list[str] = []
    count = 0
    for piece, length in zip(pieces, lengths, strict=True):
        if held and (count + length > MOST_WORDS or count + length / 2 > aim):
            yield " ".join(held)
            held, count = [], 0
        if length <= MOST_WORDS:
            held.append(piece)
            count += length
    if held:
        yield " ".join(held)
