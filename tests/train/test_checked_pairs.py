from __future__ import annotations

from pertinent.train.checked_pairs import CHECKED_PAIRS, KNOWN, WORDS_CHECKED, checked_pairs
from pertinent.train.examples import Example, TrainingPassage


def test_the_canarys_pairs_come_first_and_passages_are_cut_to_one_window() -> None:
    long = Example("q", (TrainingPassage("word " * 500), TrainingPassage("short")), "own")
    pairs = checked_pairs([long])
    assert [query for query, _ in pairs[:2]] == [KNOWN.query] * 2
    assert len(pairs[2][1].split()) == WORDS_CHECKED
    assert pairs[3] == ("q", "short")
    assert len(checked_pairs([long] * 1000)) == CHECKED_PAIRS
