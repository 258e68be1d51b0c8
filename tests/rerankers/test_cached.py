"""A reranker with a cache says what it says without one, and asks the model less."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.engine import chunks
from pertinent.errors import ModelError, UsageError
from pertinent.rerankers import cached
from pertinent.rerankers.cached import CachedScorer, with_cache
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.reranker import Reranker
from pertinent.rerankers.score_cache import ScoreCache
from pertinent.types import ModelInfo, Progress, Score, Scores
from support.fakes import WordOverlap

TEXTS = st.text(st.characters(), max_size=8)


class Counting:
    """Says a different number at every call, so that what comes from the cache is seen."""

    def __init__(self, fingerprint: str = "f", default: str = "Find answers.") -> None:
        self.fingerprint_of_mine = fingerprint
        self.model = ModelInfo("m", "1", "fake", "reranker", 9, 1, "MIT", default_instruction=default)
        self.asked: list[str] = []

    @property
    def fingerprint(self) -> str:
        return self.fingerprint_of_mine

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        self.asked += documents
        if progress:
            progress(len(documents), len(documents))
        begun = len(self.asked) - len(documents)
        return tuple(
            Score.from_margin((begun + n) / 3, self.model, engine="e", dtype="d", document_cut=n)
            for n in range(len(documents))
        )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "scores.sqlite"


def cached_with(scorer: Any, file: Path) -> CachedScorer:
    return CachedScorer(scorer, ScoreCache(file))


@given(st.lists(TEXTS, max_size=12), st.lists(TEXTS, max_size=12), TEXTS)
@settings(max_examples=40)
def test_each_pair_is_asked_once_and_its_score_never_changes(
    tmp_path_factory: pytest.TempPathFactory, first: list[str], second: list[str], query: str
) -> None:
    model = Counting()
    file = tmp_path_factory.mktemp("cache") / "scores.sqlite"
    scores = cached_with(model, file).score(query, first)
    assert model.asked == list(dict.fromkeys(first))
    known = dict(zip(first, scores, strict=True))

    later = cached_with(model, file).score(query, second)
    assert model.asked == list(dict.fromkeys([*first, *second]))
    for text, score in zip(second, later, strict=True):
        assert known.setdefault(text, score) == score
    assert [known[text] for text in first] == list(scores)


def test_everything_that_numbers_depend_on_tells_them_apart(file: Path) -> None:
    def asked(model: Counting, query: str = "q", text: str = "t", instruction: str | None = None) -> bool:
        cached_with(model, file).score(query, [text], instruction)
        return bool(model.asked)

    assert asked(Counting())
    assert not asked(Counting())
    assert not asked(Counting(), instruction="Find answers."), "the default is the same in words"
    assert asked(Counting(), instruction="")
    assert asked(Counting(), instruction="Find other things.")
    assert asked(Counting(default="Find other things too."))
    assert asked(Counting(fingerprint="g"))
    assert asked(Counting(), query="q2")
    assert asked(Counting(), text="t2")
    # What is joined otherwise is something else.
    assert asked(Counting(), query="qt", text="")
    assert asked(Counting(), query="", text="qt")
    assert asked(Counting(), query="", text="tq", instruction="Find answers.q")
    for text in ("\ud800", "\udc00", "?", "\ufffd", "é", "e\u0301", "\x00", ""):
        assert asked(Counting(), text=text, query="Q")
        assert not asked(Counting(), text=text, query="Q")


def test_another_version_of_the_code_asks_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached_with(Counting(), file).score("q", ["t"])
    monkeypatch.setattr(cached, "_versions", lambda: ("0.2.0", "", "", ""))
    model = Counting()
    cached_with(model, file).score("q", ["t"])
    assert model.asked == ["t"]


@pytest.mark.parametrize("known", [0, 1, 5, 7])
def test_progress_reaches_the_total(file: Path, known: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_TEXTS", 2)
    documents = ["a", "b", "a", "c", "d", "e", "f"]
    cached_with(Counting(), file).score("q", documents[:known])
    calls: list[tuple[int, int]] = []
    cached_with(Counting(), file).score("q", documents, progress=lambda *call: calls.append(call))
    assert calls == sorted(set(calls))
    assert calls[-1] == (7, 7)
    assert {total for _, total in calls} == {7}


def test_what_was_scored_before_an_interruption_is_kept(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_TEXTS", 2)

    class Interrupted(Counting):
        def score(self, query: str, documents: Sequence[str], *more: Any, **options: Any) -> Scores:
            if "stop" in documents:
                raise KeyboardInterrupt
            return super().score(query, documents)

    with pytest.raises(KeyboardInterrupt):
        cached_with(Interrupted(), file).score("q", ["a", "b", "c", "d", "stop"])
    model = Counting()
    cached_with(model, file).score("q", ["a", "b", "c", "d", "stop"])
    assert model.asked == ["stop"]


@pytest.mark.parametrize("given_scores", [0, 2])
def test_a_model_that_miscounts_is_refused_and_nothing_kept(file: Path, given_scores: int) -> None:
    class Miscounting(Counting):
        def score(self, query: str, documents: Sequence[str], *more: Any, **options: Any) -> Scores:
            return super().score(query, ["x"] * given_scores)

    with pytest.raises(ModelError):
        cached_with(Miscounting(), file).score("q", ["a"])
    assert not file.exists() or cached_with(Counting(), file).score("q", ["a"])[0].margin == 0


@pytest.mark.parametrize(
    ("query", "documents", "instruction"),
    [(3, ["a"], None), ("q", [3], None), ("q", "a", None), ("q", [], 3)],
)
def test_what_is_not_text_is_refused(file: Path, query: Any, documents: Any, instruction: Any) -> None:
    with pytest.raises(UsageError):
        cached_with(Counting(), file).score(query, documents, instruction)


def test_it_passes_its_model_on(file: Path) -> None:
    model = Counting()
    model.constants = {"weight": 0.5}  # type: ignore[attr-defined]
    loaded: list[Progress | None] = []
    model.load = lambda progress=None: loaded.append(progress)  # type: ignore[attr-defined]
    scorer = cached_with(model, file)
    assert isinstance(scorer, Scorer)
    assert scorer.model == model.model
    assert dict(scorer.constants) == {"weight": 0.5}
    scorer.load()
    assert loaded == [None]
    assert dict(cached_with(Counting(), file).constants) == {}


def test_the_carried_model_with_a_cache(file: Path) -> None:
    documents = ["It rained.", "Metformin lowers glucose.", "", "\ud800", "It rained."]
    fresh = Reranker().rank("what lowers glucose?", documents)
    first = Reranker(cache=file).rank("what lowers glucose?", documents)
    again = Reranker(cache=str(file)).rank("what lowers glucose?", documents)
    assert first == again == fresh
    assert b"glucose" not in file.read_bytes()


def test_true_takes_the_file_of_the_settings() -> None:
    from pertinent.settings import load_settings

    Reranker(cache=True).score("q", ["a"])
    assert (load_settings().cache / "scores.sqlite").is_file()


def test_a_damaged_file_fails_no_ranking(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    file.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    with caplog.at_level(logging.WARNING, "pertinent"):
        ranking = Reranker(cache=file).rank("what lowers glucose?", ["It rained.", "Insulin lowers it."])
    assert ranking[0].index == 1
    assert "score cache" in caplog.text
    assert "glucose" not in caplog.text


@pytest.mark.parametrize("scorer", [WordOverlap(), Reranker()])
def test_what_does_not_say_what_its_numbers_depend_on_is_refused(scorer: Scorer, file: Path) -> None:
    with pytest.raises(UsageError, match="cannot be kept"):
        with_cache(scorer, file)
    with pytest.raises(UsageError, match="cannot be kept"):
        Reranker(Reranker.cascade(scorer, scorer), cache=file)


def test_two_models_in_a_cascade_have_their_own_rows(file: Path) -> None:
    small, large = Counting("small"), Counting("large")
    large.model = replace(large.model, name="large")
    both = Reranker.cascade(Reranker(small, cache=file), Reranker(large, cache=file), top_k=1, depth=2)
    first = both.score("q", ["a", "b", "c"])
    assert both.score("q", ["a", "b", "c"]) == first
    assert (len(small.asked), len(large.asked)) == (3, 2)
