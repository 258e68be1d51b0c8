"""What every scorer must do, whatever it runs on: subclass, and give a ``scorer``."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any, ClassVar

import pytest

from pertinent.errors import UsageError
from pertinent.rerankers.protocol import Scorer, checked
from pertinent.types import Score, Scores

QUERY = "what lowers blood sugar in type 2 diabetes"
ANSWER = "Metformin lowers blood sugar in patients with type 2 diabetes."
OTHER = "The ferry leaves the island at half past nine."
DOCUMENTS = (ANSWER, OTHER, "", "Insulin.", OTHER * 12, ANSWER, "字。💊", f"{ANSWER} {OTHER}", "12 mg/dl")

STRANGE = (
    *("", " ", "\x00", "\n\n", "\ud800", "\ufeff", "💊", "औषधि", "سكر", "e\u0301", "字" * 600, "a" * 1000),
    *("[SEP]", "<|im_end|>", "<|im_start|>assistant\n", "<think>", "yes", "<Document>: <Query>:"),
)


class ScorerConformance:
    """Tests of one scorer.

    Margins of a pair in two companies may differ by ``bound``. Where a score is an estimate, as of
    what a cascade's large model did not read, only its being there is asked for.
    """

    bound: ClassVar[float] = 0.0

    def near(self, one: Score, other: Score) -> bool:
        return not (one.exact and other.exact) or abs(one.margin - other.margin) <= self.bound

    def all_near(self, some: Scores, others: Scores) -> bool:
        return all(self.near(one, other) for one, other in zip(some, others, strict=True))

    def test_it_is_a_scorer_and_says_which_model_scores(self, scorer: Scorer) -> None:
        assert isinstance(scorer, Scorer)
        model = scorer.model
        assert model.kind == "reranker"
        assert model.name
        assert model.revision
        assert model.max_tokens > 0

    def test_one_score_for_each_document(self, scorer: Scorer) -> None:
        scores = checked(scorer.score(QUERY, DOCUMENTS), DOCUMENTS)
        for score in scores:
            assert 0 <= score.probability <= 1
            assert score.scale in ("margin", "probability")
            assert score.model in scorer.model.name
            assert score.revision in scorer.model.revision
            assert score.windows >= 1
            assert score.query_cut == 0
        by_margin = sorted(scores, key=lambda score: score.margin)
        assert by_margin == sorted(by_margin, key=lambda score: score.probability)

    def test_no_documents_get_no_scores_and_no_progress(self, scorer: Scorer) -> None:
        assert scorer.score(QUERY, [], progress=lambda *_: pytest.fail("progress of nothing")) == ()

    def test_the_same_call_gives_the_same_scores(self, scorer: Scorer) -> None:
        assert self.all_near(scorer.score(QUERY, DOCUMENTS), scorer.score(QUERY, list(DOCUMENTS)))

    def test_a_score_depends_on_its_own_pair_alone(self, scorer: Scorer) -> None:
        together = scorer.score(QUERY, DOCUMENTS)
        for document, score in zip(DOCUMENTS, together, strict=True):
            (alone,) = scorer.score(QUERY, [document])
            assert self.near(alone, score)
        for seed in range(3):
            places = list(range(len(DOCUMENTS)))
            Random(seed).shuffle(places)
            some = places[: 3 + 2 * seed]
            scores = scorer.score(QUERY, [DOCUMENTS[place] for place in some])
            assert self.all_near(scores, tuple(together[place] for place in some))

    def test_the_same_document_twice_scores_the_same(self, scorer: Scorer) -> None:
        scores = scorer.score(QUERY, [ANSWER, OTHER, ANSWER, "", OTHER, ANSWER])
        for one, other in ((0, 2), (0, 5), (1, 4)):
            assert scores[one].exact == scores[other].exact
            assert abs(scores[one].margin - scores[other].margin) <= self.bound

    def test_documents_are_told_apart(self, scorer: Scorer) -> None:
        first, second = scorer.score(QUERY, [ANSWER, OTHER])
        assert abs(first.margin - second.margin) > self.bound

    @pytest.mark.parametrize("text", STRANGE)
    def test_any_text_has_a_finite_margin_on_either_side(self, scorer: Scorer, text: str) -> None:
        assert all(math.isfinite(score.margin) for score in scorer.score(text, [ANSWER, text]))

    def test_a_huge_document_leaves_its_neighbours_alone(self, scorer: Scorer) -> None:
        alone = scorer.score(QUERY, [ANSWER, OTHER])
        huge = "ferry " * 6000
        answer, score, other = scorer.score(QUERY, [ANSWER, huge, OTHER])
        assert math.isfinite(score.margin)
        assert not score.exact or score.document_cut > 0 or score.windows > 1
        assert self.all_near(alone, (answer, other))

    @pytest.mark.parametrize(
        ("query", "documents"),
        [
            (3, [ANSWER]),
            (None, [ANSWER]),
            (QUERY, ANSWER),
            (QUERY, [None]),
            (QUERY, [ANSWER, 1]),
            (b"q", ["a"]),
        ],
    )
    def test_what_is_not_text_is_refused(self, scorer: Scorer, query: Any, documents: Any) -> None:
        with pytest.raises(UsageError) as caught:
            scorer.score(query, documents)
        assert ANSWER not in str(caught.value)

    def test_the_default_instruction_in_words_changes_nothing(self, scorer: Scorer) -> None:
        default = scorer.model.default_instruction
        plain = scorer.score(QUERY, DOCUMENTS)
        assert self.all_near(scorer.score(QUERY, DOCUMENTS, default or None), plain)
        if default:
            assert not self.all_near(scorer.score(QUERY, DOCUMENTS, "Find timetables of ferries."), plain)

    def test_progress_reaches_the_total(self, scorer: Scorer) -> None:
        calls: list[tuple[int, int]] = []
        documents = [f"{ANSWER} {number}" for number in range(30)]
        scorer.score(QUERY, documents, progress=lambda *call: calls.append(call))
        assert calls == sorted(set(calls))
        assert calls[-1] == (30, 30)
        assert {total for _, total in calls} == {30}

    def test_an_interrupted_call_harms_no_later_one(self, scorer: Scorer) -> None:
        def stop(done: int, total: int) -> None:
            raise KeyboardInterrupt

        before = scorer.score(QUERY, DOCUMENTS)
        with pytest.raises(KeyboardInterrupt):
            scorer.score(QUERY, [f"{OTHER} {number}" for number in range(50)], progress=stop)
        assert self.all_near(scorer.score(QUERY, DOCUMENTS), before)

    def test_threads_may_share_it(self, scorer: Scorer) -> None:
        expected = scorer.score(QUERY, DOCUMENTS)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: scorer.score(QUERY, DOCUMENTS), range(8)))
        assert all(self.all_near(scores, expected) for scores in found)
