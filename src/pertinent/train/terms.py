"""Terms of a text in any script, and in how many texts each one stands."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Thai, Lao, Burmese, Khmer, kana and Han: scripts that put no space between words."""


def terms(text: str) -> list[str]:
    """Words without regard to case; of scripts without spaces, every two neighbouring characters.

    Examples
    --------
    >>> terms("Beta-blockers lower it."), terms("糖尿病")
    (['beta-blockers', 'lower', 'it'], ['糖尿', '尿病'])
    """
    found: list[str] = []
    for word in _WORD.findall(text.casefold()):
        if len(word) > 1 and _UNSPACED.search(word):
            found.extend(map("".join, pairwise(word)))
        else:
            found.append(word)
    return found


def words(text: str) -> list[str]:
    """Words as they are written, leaving out those of scripts without spaces.

    Examples
    --------
    >>> words("HIV-1 in 糖尿病 mice")
    ['HIV-1', 'in', 'mice']
    """
    return [word for word in _WORD.findall(text) if not _UNSPACED.search(word)]


class DocumentFrequencies:
    """Counts in how many texts a term stands.

    Examples
    --------
    >>> frequencies = DocumentFrequencies()
    >>> for text in ("the heart", "the lung", "the brain"):
    ...     frequencies.add(terms(text))
    >>> frequencies.rarity("the"), round(frequencies.rarity("heart"), 2)
    (0.0, 0.69)
    """

    def __init__(self) -> None:
        self._texts = 0
        self._counts: Counter[str] = Counter()

    def add(self, found: Iterable[str]) -> None:
        """Count the terms of one more text."""
        self._texts += 1
        self._counts.update(set(found))

    def rarity(self, term: str) -> float:
        """Inverse document frequency: ``log((1 + texts) / (1 + texts with the term))``."""
        return math.log((1 + self._texts) / (1 + self._counts[term]))

    def weights(self, found: Iterable[str]) -> dict[str, float]:
        """Occurrences times rarity of each term, in the order they come in."""
        return {term: count * self.rarity(term) for term, count in Counter(found).items()}


def cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Cosine of two weightings; 0 where one of them weighs nothing.

    Examples
    --------
    >>> cosine({"a": 3.0, "b": 4.0}, {"b": 2.0})
    0.8
    """
    lengths = math.sqrt(sum(w * w for w in one.values()) * sum(w * w for w in other.values()))
    return sum(weight * other.get(term, 0.0) for term, weight in one.items()) / lengths if lengths else 0.0
