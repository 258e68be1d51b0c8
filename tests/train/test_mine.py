from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pertinent.errors import UsageError
from pertinent.train.config import MineConfig
from pertinent.train.examples import Example, TrainingPassage
from pertinent.train.mine import mine, with_negatives
from pertinent.types import Candidate, Document, Passage
from support.fakes import BagOfWords, WordOverlap
from support.small_task import QUERIES, TEXTS, documents

GLUCOSE = Example(QUERIES["glucose"], (TrainingPassage(TEXTS["metformin"], True),), "own")
CLOCKS = Example(QUERIES["clocks"], (TrainingPassage(TEXTS["museum"], True),), "own")


def texts() -> Iterator[Document]:
    return iter(documents())


def mined(config: MineConfig, *examples: Example, reranker: WordOverlap | None = None) -> list[Example]:
    return list(mine(examples or (GLUCOSE,), texts, config, BagOfWords(), reranker))


def test_both_lists_by_turns_without_what_is_known() -> None:
    (example,) = mined(MineConfig(negatives=4))
    assert example.passages[0] == GLUCOSE.passages[0]
    found = example.passages[1:]
    assert len(found) == 4
    assert all(passage.relevant is None for passage in found)
    assert found[0] == TrainingPassage(TEXTS["insulin"], None, "bm25")
    assert {passage.origin for passage in found} == {"bm25", "dense"}
    assert len({passage.text for passage in example.passages}) == 5


def test_one_list_alone() -> None:
    (example,) = mined(MineConfig(lists=("dense",), negatives=3))
    assert {passage.origin for passage in example.passages[1:]} == {"dense"}
    config = MineConfig(lists=("bm25",), negatives=3)
    (example,) = mine([GLUCOSE], texts, config, None)
    assert {passage.origin for passage in example.passages[1:]} == {"bm25"}


def test_the_dense_list_needs_an_embedder() -> None:
    with pytest.raises(UsageError, match="embedder"):
        next(mine([GLUCOSE], texts, MineConfig(), None))


def test_the_reranker_puts_the_hardest_first() -> None:
    (example,) = mined(MineConfig(negatives=2), reranker=WordOverlap())
    assert example.passages[1] == TrainingPassage(TEXTS["insulin"], None, "reranker")
    assert [passage.origin for passage in example.passages[1:]] == ["reranker"] * 2


def test_examples_come_back_one_for_one_and_in_order() -> None:
    told: list[tuple[int, int]] = []
    examples = [GLUCOSE, CLOCKS, replace(GLUCOSE, source="twice")]
    found = list(mine(examples, texts, MineConfig(), BagOfWords(), progress=lambda *done: told.append(done)))
    assert [(e.query, e.source) for e in found] == [(e.query, e.source) for e in examples]
    assert found[0].passages == found[2].passages
    assert told[-1] == (3, 0)
    assert list(mine(examples, texts, MineConfig(), BagOfWords())) == found


def test_the_index_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = BagOfWords()
    embedded: list[int] = []
    embed = BagOfWords.embed_documents

    def counted(self: BagOfWords, given: list[str], **more: object) -> object:
        embedded.append(len(given))
        return embed(self, given)

    monkeypatch.setattr(BagOfWords, "embed_documents", counted)
    list(mine([GLUCOSE], texts, MineConfig(), embedder))
    assert max(embedded) > 1
    embedded.clear()
    list(mine([GLUCOSE], texts, MineConfig(), embedder))
    assert embedded == [1]  # the query


def test_documents_of_two_sources_may_have_the_same_id() -> None:
    def both() -> Iterator[Document]:
        yield Document("1", TEXTS["insulin"])
        yield Document("1", TEXTS["metformin"])
        yield Document("2", TEXTS["insulin"])

    (example,) = mine([replace(GLUCOSE, passages=())], both, MineConfig(), BagOfWords())
    assert sorted(p.text for p in example.passages) == sorted([TEXTS["insulin"], TEXTS["metformin"]])


def candidates(*contents: str) -> list[Candidate]:
    return [
        Candidate(Passage(f"p{n}", f"d{n}", text), 0.0, n, dense_rank=n, bm25_rank=len(contents) + 1 - n)
        for n, text in enumerate(contents, start=1)
    ]


def test_first_places_are_passed_over_once_known_answers_are_gone() -> None:
    found = candidates(TEXTS["metformin"], TEXTS["insulin"], TEXTS["bread"], TEXTS["rain"])
    config = MineConfig(lists=("dense",), skip=1, negatives=8)
    example = with_negatives(GLUCOSE, found, config, None)
    assert [p.text for p in example.passages[1:]] == [TEXTS["bread"], TEXTS["rain"]]


def test_nothing_stands_there_twice_in_other_words_of_the_same_text() -> None:
    title = f"On insulin\n{TEXTS['insulin']}"
    found = candidates(f"A title\n{TEXTS['metformin']}", TEXTS["insulin"], title, TEXTS["rain"])
    example = with_negatives(GLUCOSE, found, MineConfig(lists=("dense",)), None)
    assert [p.text for p in example.passages[1:]] == [TEXTS["insulin"], TEXTS["rain"]]


def test_turns_go_on_with_the_longer_list() -> None:
    found = candidates(TEXTS["insulin"], TEXTS["rain"], TEXTS["bread"])
    found[0] = replace(found[0], bm25_rank=None)
    example = with_negatives(GLUCOSE, found, MineConfig(), None)
    assert [(p.text, p.origin) for p in example.passages[1:]] == [
        (TEXTS["bread"], "bm25"),
        (TEXTS["insulin"], "dense"),
        (TEXTS["rain"], "bm25"),
    ]
