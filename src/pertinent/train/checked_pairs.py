"""Pairs on which a written model is compared with the student that it was made of."""

from __future__ import annotations

from collections.abc import Sequence

from pertinent.train.examples import Example, TrainingPassage
from pertinent.train.export import CANARY

CHECKED_PAIRS = 200
WORDS_CHECKED = 60
"""Words of a passage that are compared: few enough to be read in one window."""

KNOWN = Example(CANARY[0], tuple(TrainingPassage(text) for text in CANARY[1:]), "canary")


def checked_pairs(examples: Sequence[Example]) -> list[tuple[str, str]]:
    """Queries with beginnings of their passages, those of the canary first.

    Parameters
    ----------
    examples : Sequence[Example]
        Of the training; none are needed.

    Examples
    --------
    >>> len(checked_pairs([])), len(checked_pairs([KNOWN] * 500))
    (2, 200)
    """
    pairs = [
        (example.query, " ".join(passage.text.split()[:WORDS_CHECKED]))
        for example in (KNOWN, *examples)
        for passage in example.passages
    ]
    return pairs[:CHECKED_PAIRS]
