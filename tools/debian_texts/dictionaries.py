"""Entries of dictionaries in the format of dictd: an index of words, and a body they point into.

The body is plain text, laid out by each dictionary in its way: headwords stand at the left margin, sometimes
with a pronunciation between backslashes; quotations and lists of senses are told by their margins and signs.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from debian_texts.sections import Section

MOST_ENTRY_BYTES = 20_000
"""Longer entries are tables."""
_DIGITS = {
    digit: value
    for value, digit in enumerate(string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/")
}
_INNERMOST = re.compile(r"\[[^\[\]]*\]")
_BEFORE_SENSE = re.compile(
    r"""\d{1,2}\.\s | \([a-z]\)\s | <[\w\s,./+-]{1,60}> | /[^/\s][^/]{0,40}/,?
      | \([^()]{0,40}["*`][^()]{0,40}\)[.,;]?
      | (?:(?:n|adj|adv|v|vi|vt|v\.n|excl|interj|pref|suff)\.,?(?:\s|$))+""",
    re.VERBOSE,
)
"""Number, field, pronunciation and part of speech."""
_QUOTED_BY = re.compile(r"\s*--\s?[A-Z0-9][\w.&',;\s]{1,40}\.?$")
_LEADS_ON = re.compile(r"\s*\b(?:See(?: also)?|Compare|Cf\.) [^.]{1,80}\.$")
_NO_SENSE = re.compile(
    r"(?:syn|usage|note|compare|contrast|see(?: also)?)\b|\(?\d{4}-\d\d-\d\d|\([a-z]{3,5}:|last updated",
    re.IGNORECASE,
)
_GLOSS = re.compile(r"\s+(?P<part>n|v|adj|adv) (?:\d+)?:")
_NOUN = re.compile(r"\\[^\\]*\\[^\n]*?,\s*n\.")
_MARGIN_OF_QUOTES = 6


def entries(index: bytes, body: bytes) -> Iterator[Section]:
    """Entries of one dictionary, each with its headword as heading; where parts of speech are told, nouns.

    Parameters
    ----------
    index : bytes
        Lines of word, offset and length, with tabs between; numbers are in base 64.
    body : bytes
        The decompressed entries.

    Examples
    --------
    >>> list(entries(b"tea\\tA\\tZ\\n", b"tea\\n   hot {water} on tea"))
    [Section(headings=('tea',), blocks=('Hot water on tea',))]
    """
    seen: set[int] = set()
    for line in index.split(b"\n"):
        word, *numbers = line.decode("utf-8", "replace").split("\t")
        if len(numbers) < 2 or word.startswith("00"):
            continue
        start, length = map(_number, numbers[:2])
        if start in seen or not 0 < length <= MOST_ENTRY_BYTES:
            continue
        seen.add(start)
        if entry := _entry(body[start : start + length].decode("utf-8", "replace")):
            yield entry


def _number(digits: str) -> int:
    value = 0
    for digit in digits[:8]:
        value = value * 64 + _DIGITS.get(digit, 0)
    return value


def _entry(text: str) -> Section | None:
    head, _, rest = text.strip("\n").partition("\n")
    if not head.strip() or head[0].isspace():
        return None
    if gloss := _GLOSS.match(rest):
        senses = _senses(rest) if gloss["part"] == "n" else []
        word = head.strip()
    elif "\\" in head:
        senses = _paragraphs(_without_brackets(text).partition("\n")[2]) if _NOUN.search(head) else []
        word = head.partition("\\")[0].strip().lower()
    else:
        while rest and not rest[0].isspace():
            _, _, rest = rest.partition("\n")
        senses = _paragraphs(_without_brackets(rest))
        word = head.strip()
    return Section((word,), tuple(senses)) if word and senses else None


def _senses(text: str) -> list[str]:
    """The senses of a noun in WordNet's layout."""
    text = re.split(r"\n\s+(?:v|adj|adv) (?:\d+)?:", _without_brackets(text))[0]
    return list(filter(None, map(_plain, re.split(r"\s+(?:n )?\d*:\s", text))))


def _paragraphs(text: str) -> list[str]:
    """The paragraphs that explain: no quotations, references, dates."""
    kept = []
    for block in re.split(r"\n[^\S\n]*\n", text):
        margin = len(block.strip("\n")) - len(block.strip("\n").lstrip())
        plain = _plain(block)
        quoted = margin >= _MARGIN_OF_QUOTES and _QUOTED_BY.search(plain)
        if plain and not quoted and not _NO_SENSE.match(plain):
            kept.append(_QUOTED_BY.sub("", plain))
    return kept


def _without_brackets(text: str) -> str:
    """Without etymologies, references and synonyms, which stand in brackets that may be nested."""
    for _ in range(5):
        text, found = _INNERMOST.subn("", text)
        if not found:
            break
    return text


def _plain(text: str) -> str:
    text = re.sub(r"\{\(?\w+://[^{}]*\}", "", text).replace("{", "").replace("}", "")
    text = " ".join(re.sub(r"(?<=\w-)\n\s+(?=\w)", "", text).split())
    while before := _BEFORE_SENSE.match(text):
        text = text[before.end() :].lstrip()
    text = _LEADS_ON.sub("", text)
    text = re.sub(r"\s+([,.;:])(?=[\s,.;:]|$)", r"\1", text)
    text = re.sub(r"([,;:.])(?:[,;:]|\s[.,;:])+", r"\1", text).strip()
    return text[:1].upper() + text[1:] if any(map(str.isalnum, text)) else ""
