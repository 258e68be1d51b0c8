from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.train.title_questions import plain_title, title_questions


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("Effects of light on sleep.", "Does light affect sleep?"),
        ("The use of music in the treatment of pain.", "Is music effective for the treatment of pain?"),
        ("Masks for the prevention of colds", "Is masks effective for the prevention of colds?"),
        ("Treatment of asthma with steam", "Is steam effective for the treatment of asthma?"),
        ("Association between HIV and sleep: a survey", "Is HIV associated with sleep?"),
        ("Relation of diet to mood", "Is diet associated with mood?"),
        ("The role of bees in farming", "What is the role of bees in farming?"),
        ("Risk factors for falls", "What are the risk factors for falls?"),
        ("Prevalence of pain among nurses", "How common is pain in nurses?"),
        ("Tea versus coffee for headache, a randomised trial", "Is tea better than coffee for headache?"),
        ("Mechanisms of hearing", "What is the mechanism of hearing?"),
        ("Causes of hiccups", "What causes hiccups?"),
        ("Symptoms of measles", "What are the symptoms of measles?"),
        ("Sleep: does it matter?", "does it matter?"),
        ("¿Qué es el dolor?", "¿Qué es el dolor?"),
        ("[Effect of rain on mood]", "Does rain affect mood?"),
    ],
)
def test_titles_with_a_form(title: str, question: str) -> None:
    assert question in title_questions(title)


@pytest.mark.parametrize(
    "title",
    [
        "A day at the zoo",
        "Effect of " + "one and " * 12 + "two on three",
        "Sleep, dreams, and the two of us: more of it?",
        "",
        "Behandlung von Asthma",
    ],
)
def test_titles_without_one(title: str) -> None:
    assert title_questions(title) == ()


def test_plain_titles() -> None:
    assert plain_title(" [Pain  in horses].") == "Pain in horses"
    assert plain_title("A [new] way.") == "A [new] way"


@given(st.text(max_size=200))
def test_any_title_gives_whole_questions_or_none(title: str) -> None:
    assert all(
        question.strip() and "{" not in question for question in title_questions(title.replace("{", ""))
    )
