from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pertinent.embedders.protocol import Vectors
from pertinent.errors import ModelError, UsageError
from pertinent.rerankers.cached import with_cache
from pertinent.rerankers.protocol import Scorer
from pertinent.train.examples import Example, TrainingPassage
from pertinent.train.teachers import COSINE_SCALE, EmbedderTeacher, ask_teachers
from pertinent.types import Progress
from support.fakes import BagOfWords, WordOverlap
from support.small_task import QUERIES, TEXTS

EXAMPLE = Example(
    QUERIES["glucose"],
    (TrainingPassage(TEXTS["metformin"], True), TrainingPassage(TEXTS["rain"], None, "bm25")),
    "own",
)


def test_every_teacher_is_asked_about_every_pair() -> None:
    told: list[int] = []
    teachers = {"overlap": WordOverlap(), "bag": EmbedderTeacher(BagOfWords())}
    found = list(ask_teachers([EXAMPLE, EXAMPLE], teachers, lambda done, _: told.append(done)))
    assert told == [1, 2]
    first, second = found[0].passages
    assert (first.text, first.relevant, second.origin) == (TEXTS["metformin"], True, "bm25")
    assert first.margins["overlap"] == 4 * 3 - 6
    assert second.margins["overlap"] == -6
    assert first.margins["bag"] > second.margins["bag"]


def test_what_stands_there_is_not_asked_again() -> None:
    known = replace(EXAMPLE.passages[0], margins={"overlap": 7.5, "other": 1.0})
    overlap = WordOverlap()
    (found,) = ask_teachers([replace(EXAMPLE, passages=(known, EXAMPLE.passages[1]))], {"overlap": overlap})
    assert overlap.scored == 1
    assert found.passages[0].margins == {"overlap": 7.5, "other": 1.0}
    (again,) = ask_teachers([found], {"overlap": overlap})
    assert again == found
    assert overlap.scored == 1


def test_an_embedders_margin_is_its_cosine() -> None:
    teacher = EmbedderTeacher(BagOfWords())
    assert isinstance(teacher, Scorer)
    scores = teacher.score("old clocks", [TEXTS["museum"], "old clocks"])
    vectors = BagOfWords().embed_documents(["old clocks", TEXTS["museum"]])
    assert scores[0].margin == pytest.approx(COSINE_SCALE * float(vectors[0] @ vectors[1]), rel=1e-5)
    assert scores[1].margin == pytest.approx(COSINE_SCALE, rel=1e-5)
    assert teacher.score("old clocks", []) == ()


def test_an_embedders_scores_can_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = with_cache(EmbedderTeacher(BagOfWords()), tmp_path / "scores").score("old clocks", ["clocks"])

    def fails(*_: object, **__: object) -> object:
        raise AssertionError

    monkeypatch.setattr(BagOfWords, "embed_documents", fails)
    again = with_cache(EmbedderTeacher(BagOfWords()), tmp_path / "scores")
    assert again.score("old clocks", ["clocks"]) == first
    assert EmbedderTeacher(BagOfWords(), 1.0).fingerprint != EmbedderTeacher(BagOfWords()).fingerprint


def test_faults() -> None:
    with pytest.raises(UsageError, match="no teacher"):
        next(ask_teachers([EXAMPLE], {}))

    class Silent(BagOfWords):
        def embed_documents(self, texts: object, *, progress: object = None) -> np.ndarray:  # type: ignore[override]
            return np.full((2, 64), np.nan, np.float32)

    with pytest.raises(ModelError, match="finite"):
        next(ask_teachers([EXAMPLE], {"silent": EmbedderTeacher(Silent())}))


def test_a_passage_is_embedded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    embedder, asked = BagOfWords(), list[str]()

    class Counted(BagOfWords):
        def embed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
            asked.extend(text for text in texts if text != "old clocks")  # the query, embedded alike
            return embedder.embed_documents(texts)

    teacher = EmbedderTeacher(Counted())
    first = [score.margin for score in teacher.score("old clocks", ["clocks", "rain", "clocks"])]
    again = [score.margin for score in teacher.score("old clocks", ["bread", "rain", "clocks"])]
    assert asked == ["clocks", "rain", "bread"]
    assert again[:0:-1] == pytest.approx(first[:2])
    monkeypatch.setattr("pertinent.train.teachers.MOST_VECTORS", 4)
    assert [score.margin for score in teacher.score("old clocks", ["clocks"])] == pytest.approx(first[:1])
    assert asked == ["clocks", "rain", "bread"]
    teacher.score("old clocks", ["clocks", "rain"])
    assert asked == ["clocks", "rain", "bread", "clocks", "rain"]
