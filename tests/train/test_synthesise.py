from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pertinent.errors import UsageError
from pertinent.ingest.chunker import Chunker
from pertinent.ingest.markdown import MARKDOWN, MEDIA_TYPE
from pertinent.train.data_config import DataConfig, SynthesiseConfig
from pertinent.train.examples import Example, TrainingPassage
from pertinent.train.sources import open_texts
from pertinent.train.synthesise import ORIGIN, synthesise
from pertinent.types import Document

WORDS = Chunker(lambda text: [match.span() for match in re.finditer(r"\w+", text)], max_tokens=64, overlap=0)
MASKS = Document(
    "masks",
    "Ninety adults slept with a mask or with a sham for six weeks while nurses measured them at home. "
    "CONCLUSIONS: We conclude that nightly masks reduce morning blood pressure. "
    "Old men and heavy snorers had the most to gain from it in this small sample.",
    title="Effect of masks on blood pressure.",
)
BEES = Document(
    "bees",
    "Honey bees dance in the dark hive to tell their sisters where blossoms stand. "
    "Wasps lack any such dance and search alone for food around their nest all day. "
    "Beekeepers in the Alps have long known how to read the dance of their animals.",
    title="What do bees tell each other?",
)


def made(kind: str, *documents: Document, **more: object) -> list[Example]:
    config = SynthesiseConfig(kinds=(kind,), per_text=int(str(more.pop("per_text", 1))))
    return list(synthesise(documents or (MASKS,), config, source="own", chunker=WORDS, **more))  # type: ignore[arg-type]


def test_a_title_is_left_out_of_its_passage() -> None:
    assert made("title") == [
        Example(
            "Effect of masks on blood pressure",
            (TrainingPassage(MASKS.text, True, ORIGIN),),
            "own",
            "title",
        )
    ]


def test_a_sentence_is_left_out_of_its_passage() -> None:
    (example,) = made("sentence")
    assert example.query == "Nightly masks reduce morning blood pressure."
    assert example.made_by == "sentence"
    text = example.passages[0].text
    assert text.startswith("Effect of masks on blood pressure.\nNinety adults")
    assert "at home. Old men" in text
    assert "conclude" not in text.casefold()


def test_a_template_question_leaves_out_the_title_and_follows_the_seed() -> None:
    questions = {made("template", seed=seed)[0].query for seed in range(8)}
    assert questions == {
        "What is the effect of masks on blood pressure?",
        "Does masks affect blood pressure?",
    }
    assert made("template", BEES)[0].query == "What do bees tell each other?"
    assert made("template", BEES)[0].passages[0].text == BEES.text


def test_keywords_are_the_rare_words_in_their_order() -> None:
    common = [replace(BEES, id=f"b{n}", text=f"{BEES.text} Number{n} ends.") for n in range(5)]
    found = made(
        "keywords",
        *common,
        replace(BEES, id="own", text=f"{BEES.text} Varroa mites harm the Carnica larvae."),
    )
    assert [e.query for e in found] == ["Varroa mites harm Carnica larvae"]  # the others have too few


def test_a_heading_is_asked_for_under_its_title() -> None:
    body = "Inhaled steroids calm the airways within days and are taken each morning and each evening. " * 2
    text = f"# Care\n\n## Treatment\n\n{body}\n"
    document = Document("asthma", text, title="Asthma", metadata={MEDIA_TYPE: MARKDOWN})
    (example,) = made("heading", document)
    assert example.query == "Asthma Treatment"
    assert example.passages[0].text == body.strip()
    assert made("heading", BEES) == []


def test_only_the_first_passage_of_a_document_answers_its_title() -> None:
    document = Document("long", " ".join([BEES.text, MASKS.text, BEES.text[::-1]]), title="Bees and masks")
    assert len(WORDS.chunk(document)) > 1
    assert len(made("title", document)) == 1


def test_no_query_stands_in_its_passage_word_for_word() -> None:
    document = replace(BEES, title="Wasps lack any such dance")
    assert made("title", document) == []
    assert made("sentence", replace(document, title=BEES.text)) == []


def test_no_query_comes_twice() -> None:
    assert (
        len(made("title", MASKS, replace(MASKS, id="other", title="EFFECT of masks on blood pressure"))) == 1
    )


def test_passages_with_little_text_make_nothing() -> None:
    assert made("title", Document("short", "Nothing more.", title="Effect of masks on blood pressure")) == []


def test_kinds_are_chosen_by_the_seed_and_take_turns() -> None:
    kinds = ("title", "sentence", "template", "keywords")
    documents = [
        replace(BEES, id=f"d{n}", title=f"Bees of hive {n}", text=f"{BEES.text} Hive {n}.") for n in range(30)
    ]

    def kinds_of(per_text: int, seed: int) -> list[str]:
        config = SynthesiseConfig(kinds=kinds, per_text=per_text)
        return [e.made_by for e in synthesise(documents, config, source="own", seed=seed, chunker=WORDS)]

    assert kinds_of(1, 1) == kinds_of(1, 1)
    assert kinds_of(1, 1) != kinds_of(1, 2)
    assert {"title", "sentence"} <= set(kinds_of(1, 1))
    assert len(kinds_of(1, 1)) <= 30 < len(kinds_of(2, 1)) <= 60


def test_a_provider_writes_queries_once_for_each_passage() -> None:
    asked: list[str] = []

    def writer(passage: str) -> list[str]:
        asked.append(passage)
        return ["  how do bees\ntalk? ", 7, "", "why do wasps not dance?", "x" * 1000]  # type: ignore[list-item]

    found = made("provider", BEES, writer=writer, per_text=5)
    assert [e.query for e in found] == ["how do bees talk?", "why do wasps not dance?"]
    assert found[0].made_by == "provider"
    assert asked == [f"{BEES.title}\n{BEES.text}"]


def test_a_provider_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="none is configured"):
        made("provider")


def test_other_scripts() -> None:
    document = Document(
        "ja",
        "糖尿病の患者は世界中で増えている。水を毎日飲むことは体に良いと言われる。" * 2,
        title="糖尿病と水",
    )
    assert made("title", document)[0].query == "糖尿病と水"
    assert made("sentence", document, per_text=1) == []  # it stands there twice, so it would be given away
    assert made("keywords", document) == []


def test_real_citations(data_folder: Path) -> None:
    texts = open_texts(DataConfig(path="medline", limit=40), data_folder)
    config = SynthesiseConfig(kinds=("title", "sentence", "template", "keywords"), per_text=2)
    found = list(synthesise(texts, config, source="medline"))
    assert len(found) > 60
    assert {"title", "sentence", "keywords"} <= {e.made_by for e in found}
    for example in found:
        assert example.query.casefold() not in example.passages[0].text.casefold()
