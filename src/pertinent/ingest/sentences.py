"""Sentence boundaries by rules, for any script, with character offsets.

A boundary is an end mark (``. ! ? …`` before white space; CJK, Arabic, Devanagari and other full
stops anywhere), an empty line, or a line break before a list item or after a short line. Rules
rather than a model: they are fast, need no download, and a wrong boundary only moves the edge of a
passage or of a highlight.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_CANDIDATE = re.compile(
    r"""
      (?P<stop>(?<![.!?…]) [.!?…]++ ["'”’»)\]]*+ (?:\[[\d,;\s–-]{1,40}+\])?+) (?=\s)
    | (?P<hard>[。！？｡؟۔।॥።។]+ ["'”’»」』）)\]]*)   # needs no space behind it
    | (?P<blank>\n[^\S\n]*+\n\s*)
    | (?P<line>\n)
    """,
    re.VERBOSE,
)
_NEXT_WORD = re.compile(r"""\s*["'“‘«(\[]*([^\s]*)""")
_LIST_ITEM = re.compile(r"[^\S\n]*(?:[-*•‣◦–—·]|\(?(?:\d{1,3}|[A-Za-z])[.)])[^\S\n]+\S")
_INITIAL = re.compile(r"[A-Z]\.")
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_LOOKBACK = 64
SHORT_LINE = 50
"""A line this short that ends without a mark is a line by itself, not wrapped text."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NEVER_LAST = _words(
    """e.g i.e eg ie dr mr mrs ms prof vs viz al cf ca approx resp incl fig figs tab eq eqs ref refs
    sp spp subsp ssp var st jr sr dept univ vol ed eds i.v i.m s.c p.o i.p b.i.d t.i.d q.i.d q.d a.m p.m"""
)
_NOT_BEFORE_NUMBER = _words("no nos nr p pp sec ch chap art cat")
_PREPOSITIONS = _words("by and of from with to in for as after see")
_LETTERED = _words("vitamin hepatitis influenza group type grade stage class arm cohort panel part")
_OPENERS = _words(
    "the this these those we in it its a an they there however our although thus results patients"
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Offsets of the sentences.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of (start, end)
        In order, without overlap, without white space at their edges; together they hold every
        character that is not white space.

    Examples
    --------
    >>> text = "Dr. Roe saw p < 0.05. Was it so? Yes."
    >>> [text[start:end] for start, end in sentence_spans(text)]
    ['Dr. Roe saw p < 0.05.', 'Was it so?', 'Yes.']
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for end in _boundaries(text):
        _append(spans, text, start, end)
        start = end
    _append(spans, text, start, len(text))
    return spans


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    body = piece.strip()
    if body:
        start += len(piece) - len(piece.lstrip())
        spans.append((start, start + len(body)))


def _boundaries(text: str) -> Iterator[int]:
    line_start = 0
    for match in _CANDIDATE.finditer(text):
        kind = match.lastgroup
        at = match.end()
        if kind == "stop":
            ends = _ends(text, match)
        elif kind == "line":
            ends = _stands_alone(text, line_start, match.start(), at) or bool(_LIST_ITEM.match(text, at))
        else:
            ends = True
        if ends:
            yield at
        if kind in ("line", "blank"):
            line_start = at


def _stands_alone(text: str, line_start: int, line_end: int, next_start: int) -> bool:
    following = text[next_start : next_start + 1]
    return line_end - line_start < SHORT_LINE and not following.islower()


def _ends(text: str, match: re.Match[str]) -> bool:
    """Whether an end mark before white space ends the sentence."""
    following = _NEXT_WORD.match(text, match.end())
    word = following[1] if following else ""
    # p53, mRNA and pH open sentences; other words in lower case do not.
    if word[:1].islower() and word == word.lower() and not any(map(str.isdigit, word)):
        return False
    if match[0][0] != "." or len(match[0].rstrip("\"'”’»)]")) > 1:
        return True
    return not _is_abbreviation(text[max(0, match.start() - _LOOKBACK) : match.start()], word)


def _is_abbreviation(before: str, following: str) -> bool:
    """Whether the full stop between these two belongs to a word and not to the sentence."""
    line = before.rpartition("\n")[2]
    words = line.split()
    last = words[-1].lstrip("([{\"'“‘") if words and not line[-1].isspace() else ""
    folded = last.casefold()
    opens = following.casefold().rstrip(",") in _OPENERS
    if folded in _NEVER_LAST:
        return True
    if folded in _NOT_BEFORE_NUMBER:
        return following[:1].isdigit()
    if _DOTTED.fullmatch(last):
        return not opens
    if last.isdigit() and len(last) <= 2 and (len(words) == 1 or words[-2][-1] in ".!?:;"):
        return True  # the number of a list item or of a numbered statement
    return len(last) == 1 and last.isupper() and not opens and _is_initial(words[:-1], following)


def _is_initial(earlier: list[str], following: str) -> bool:
    """``J. Smith`` and ``by J. Smith``, but not ``vitamin C. Patients``."""
    if not earlier or _INITIAL.fullmatch(following):
        return True
    word = earlier[-1].strip("(,;")
    return word in _PREPOSITIONS or (word[:1].isupper() and word.casefold() not in _LETTERED)
