from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.train.key_sentences import FEWEST_TERMS, MOST_TERMS, key_sentences
from pertinent.train.terms import DocumentFrequencies, terms

ABSTRACT = (
    "BACKGROUND: Sleep apnoea raises blood pressure in many adults. "
    "METHODS: Ninety adults slept with a mask or a sham for six weeks. "
    "Pressure was measured at home by nurses. "
    "RESULTS: Masked sleepers had lower morning pressure than sham sleepers. It fell most in old men. "
    "CONCLUSIONS: These findings strongly suggest that nightly masks reduce morning blood pressure."
)


def claims(text: str) -> list[str]:
    return [sentence.claim for sentence in key_sentences(text, DocumentFrequencies())]


def test_the_conclusion_comes_first_without_its_reporting_words() -> None:
    assert claims(ABSTRACT) == [
        "Nightly masks reduce morning blood pressure.",
        "Masked sleepers had lower morning pressure than sham sleepers.",
    ]


def test_offsets_are_those_of_the_whole_sentence() -> None:
    first, second = key_sentences(ABSTRACT, DocumentFrequencies())
    assert ABSTRACT[first.start : first.end].startswith("CONCLUSIONS: These findings")
    assert ABSTRACT[second.start : second.end].startswith("RESULTS: Masked")
    assert first.concludes
    assert not second.concludes


@pytest.mark.parametrize(
    ("sentence", "claim"),
    [
        ("We conclude that bees dance to show the way.", "Bees dance to show the way."),
        ("Thus, it was found that bees dance in the dark.", "Bees dance in the dark."),
        ("Our data clearly demonstrate that mRNA decays within two hours.", "mRNA decays within two hours."),
        ("Taken together, bees dance to show the way.", "Bees dance to show the way."),
        ("Conclusion: Bees dance to show the way.", "Bees dance to show the way."),
    ],
)
def test_words_that_only_report_are_taken_off(sentence: str, claim: str) -> None:
    assert claims(sentence) == [claim]


@pytest.mark.parametrize(
    "sentence",
    [
        "Do bees dance to show the way?",
        "This shows the way to all of them.",
        "They dance for each other in the dark.",
        "Bees dance, and we saw them do so.",
        "Bees dance.",
        "Of 31 bees 12 (39 %) danced, 7 slept, 12 flew (p < 0.05).",
        "AIM: The dance of bees in the dark.",
        "Bees " + "and wasps " * MOST_TERMS + "dance.",
    ],
)
def test_sentences_that_are_no_queries(sentence: str) -> None:
    assert claims(sentence) == []


def test_findings_stand_before_methods_and_likeness_decides_between_equals() -> None:
    text = (
        "Honey bees were collected in two gardens in May. "
        "Weather differs from one place to the next. "
        "Honey bees dance more often when honey is scarce for bees."
    )
    frequencies = DocumentFrequencies()
    for other in (text, "Weather of the day in one place.", "The next place.", "From two gardens."):
        frequencies.add(terms(other))
    found = [sentence.claim.split()[0:2] for sentence in key_sentences(text, frequencies)]
    assert found == [["Honey", "bees"], ["Weather", "differs"], ["Honey", "bees"]]
    assert key_sentences(text, frequencies)[-1].start == 0


def test_other_scripts_have_key_sentences() -> None:
    assert claims("糖尿病の患者は増えている。水を飲む。") == ["糖尿病の患者は増えている。"]


@given(st.text(alphabet="ab .?:\nWe conclude that METHODS糖尿", max_size=300))
def test_any_text(text: str) -> None:
    for sentence in key_sentences(text, DocumentFrequencies()):
        assert 0 <= sentence.start < sentence.end <= len(text)
        assert FEWEST_TERMS <= len(terms(sentence.claim)) <= MOST_TERMS
