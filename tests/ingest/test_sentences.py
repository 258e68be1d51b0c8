from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.ingest.sentences import sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Roe and J. Smith et al. (2010) saw p < 0.05 vs. 1.5 mg in Fig. 2.",
        "Give it i.v. or p.o. to patients, e.g. Asthma patients, i.e. Those with wheeze.",
        "The U.S. Food and Drug Administration agreed (see ref. 3, p. 12, no. 5).",
        "John F. Kennedy met R. A. Fisher and work by T. Roe.",
        "Why? he asked.",
    ],
)
def test_one_sentence(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    "parts",
    [
        ["It rose.", "It fell!", "Did it?", "Yes..."],
        ["Give vitamin C. ".strip(), "Patients improved."],
        ["He lives in the U.S.", "The cost rose."],
        ["The answer is no.", "We left."],
        ["It was known.[12,13]", "The next (as was said.)", "“It was.”", "So."],
        ["The gene was silent.", "p53 was not.", "mRNA rose."],
        ["The dose was 5.", "Then 10 mg."],
        ["Bacteria grew.", "E. coli too."],
        ["1. Rats were fed.", "2. Two types were seen.", "Results: 1. It rose."],
    ],
)
def test_several_sentences(parts: list[str]) -> None:
    assert sentences(" ".join(parts)) == parts


@pytest.mark.parametrize(
    "parts",
    [
        ["糖尿病是什么？", "它是一种病。", "有效！"],
        ["これは文です。", "「次の文。」", "終わり"],
        ["मधुमेह क्या है?", "यह एक रोग है।", "इलाज संभव है।"],
        ["ما هو السكري؟", "هو مرض۔", "نعم"],
    ],
)
def test_other_scripts(parts: list[str]) -> None:
    assert sentences(" ".join(parts)) == parts
    if parts[0][0] in "糖こ":
        assert sentences("".join(parts)) == parts


def test_lines_and_lists() -> None:
    text = (
        "Allergies: none\nMedications: metformin 500 mg b.i.d.\n- one\n* two\n1. First thing\n2) Second\n\n"
        "A wrapped line that is long enough to be a line of a paragraph\nof text. Next\n\nLast"
    )
    assert sentences(text) == [
        "Allergies: none",
        "Medications: metformin 500 mg b.i.d.",
        "- one",
        "* two",
        "1. First thing",
        "2) Second",
        "A wrapped line that is long enough to be a line of a paragraph\nof text.",
        "Next",
        "Last",
    ]


def test_nothing() -> None:
    assert sentences("") == sentences(" \n\t ") == []


texts = st.text(max_size=200) | st.text(alphabet="ab A.!?…\n \t-•1。؟।\"'”)[]", max_size=200)


@given(texts)
def test_spans_are_ordered_trimmed_and_hold_everything(text: str) -> None:
    spans = sentence_spans(text)
    at = 0
    for start, end in spans:
        assert at <= start < end <= len(text)
        assert text[at:start].strip() == ""
        assert text[start:end] == text[start:end].strip()
        at = end
    assert text[at:].strip() == ""


@pytest.mark.parametrize(
    "piece", [".", "!?", ". ", "A. ", "\n", " ", "a", "「。", "\n ", ".[1", '."', "A ( ", "(" * 60 + "A. "]
)
def test_hostile_texts_take_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    begun = time.perf_counter()
    sentence_spans(text)
    assert time.perf_counter() - begun < 3
