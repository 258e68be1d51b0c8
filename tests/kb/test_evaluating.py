from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pertinent.errors import DataError, LocalOnlyError, ModelError
from pertinent.kb.evaluating import evaluate_questions
from pertinent.kb.knowledge_base import KnowledgeBase
from pertinent.kb.models import ConfiguredModels
from pertinent.kb.pipeline import ConfiguredSearch, open_knowledge_base
from pertinent.kb.questions import Question
from pertinent.kb.settings import PipelineSettings
from pertinent.kb.worth import Evaluation
from pertinent.rerankers.chain import Chain, Member
from pertinent.rerankers.local import LocalReranker
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.reranker import Reranker
from pertinent.types import ModelInfo, Scores
from support.fakes import RERANKER, BagOfWords, WordOverlap
from support.knowledge import GivenModels, knowledge_base, write

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")

MOON = Question("1", "moon sea tide", ("a.md",))


class Contrary(WordOverlap):
    """Puts last what shares most words."""

    def score(self, query: str, documents: Any, *rest: Any, **more: Any) -> Scores:
        scores = super().score(query, documents, *rest, **more)
        return tuple(type(score).from_margin(-score.margin, self.model) for score in scores)


@pytest.fixture
def four(base: KnowledgeBase, tmp_path: Path) -> KnowledgeBase:
    write(tmp_path / "n", a="moon sea tide", b="moon sea", c="moon", d="wind")
    base.add(tmp_path / "n")
    base.update()
    return base


def searched(base: KnowledgeBase, reranker: Scorer | None = None, **settings: Any) -> ConfiguredSearch:
    models = GivenModels(reranker or WordOverlap(), BagOfWords())
    return ConfiguredSearch(base.collection.path, PipelineSettings(**settings), models)


def evaluated(base: KnowledgeBase, *questions: Question, **more: Any) -> Evaluation:
    with searched(base, **more) as opened:
        return evaluate_questions(opened, questions)


def test_values_by_hand(four: KnowledgeBase) -> None:
    questions = (
        Question("1", "moon sea tide", ("a.md",), drafted="title"),
        Question("2", "wind", ("z.md", "d.md")),
    )
    found = evaluated(four, *questions, reranker=Contrary())
    first, second = found.asked
    assert (first.without, first.reranked) == (1, 4)
    assert first.values["MRR@10"] == (1.0, 0.25)
    assert first.values["P@5"] == pytest.approx((0.2, 0.2))
    assert first.values["nDCG@10"][0] == 1.0
    assert second.missing == ("z.md",)
    assert second.values["nDCG@10"][0] < 1  # what is missing counts as not found
    gain = found.gains["MRR@10"]
    assert (gain.without, gain.better, gain.worse) == (1.0, 0, 2)
    assert gain.difference == pytest.approx(gain.reranked - gain.without)
    assert found.gains["P@5"].most == pytest.approx(0.2)
    assert found.drafted == 1
    assert found.to_dict()["missing"] == {"2": ["z.md"]}
    assert found.to_dict()["models"]["embedder"]["name"] == "bag-of-words"


def test_it_is_searched_as_configured(base: KnowledgeBase, tmp_path: Path) -> None:
    parts = "\n\n".join(f"## Part {n}\n\nmoon " + f"tide{n} " * 150 for n in range(4))
    write(tmp_path / "n", long=parts, b="moon sea", c="moon")
    base.add(tmp_path / "n")
    base.update()
    asked = Question("1", "moon", ("long.md",))
    one, three = (evaluated(base, asked, max_per_file=most, top_k=20) for most in (1, 3))
    assert (one.gains["P@5"].most, three.gains["P@5"].most) == pytest.approx((0.2, 0.6))
    assert three.asked[0].values["P@5"][0] == pytest.approx(0.6)
    assert one.asked[0].values["P@5"][0] == pytest.approx(0.2)
    few = evaluated(base, asked, top_k=2)
    assert few.gains["P@5"].most == pytest.approx(0.4)
    assert few.to_dict()["pipeline"]["top_k"] == 2


def test_reranking_is_measured_where_it_is_not_enabled(four: KnowledgeBase) -> None:
    scorer = WordOverlap()
    evaluated(four, MOON, reranker=scorer, rerank_enabled=False)
    assert scorer.scored == 4


def test_no_deadline_cuts_it_short(four: KnowledgeBase) -> None:
    assert evaluated(four, MOON, rerank_deadline_ms=1).asked[0].reranked == 1


def test_what_the_threshold_leaves_out_is_not_found(four: KnowledgeBase) -> None:
    (asked,) = evaluated(four, MOON, reranker=Contrary(), rerank_threshold=0.1).asked
    assert (asked.without, asked.reranked) == (1, None)


def test_a_question_that_is_not_reranked_ends_it(four: KnowledgeBase) -> None:
    with pytest.raises(ModelError, match=r"Question 1: .* was not\. The reranker failed") as caught:
        evaluated(four, MOON, reranker=WordOverlap(fail_after=1))
    assert "secret" not in str(caught.value)


def test_a_reranker_that_nobody_knows_ends_it_before_anything_is_asked(answers: Path) -> None:
    asked: list[int] = []
    with (
        open_knowledge_base(answers, PipelineSettings(rerank_model=("no-such-model",))) as opened,
        pytest.raises(ModelError, match="no-such-model"),
    ):
        evaluate_questions(opened, [Question("1", "?", ("0",))], lambda done, total: asked.append(done))
    assert asked == []


def test_it_is_told_who_of_a_chain_reranked(four: KnowledgeBase) -> None:
    class First(WordOverlap):
        model = ModelInfo("first", "1", RERANKER.family, "reranker", 512, 1, "CC0-1.0")

    one, other = First(fail_after=4), WordOverlap()
    chain = Chain([Member(each.model, lambda each=each: each) for each in (one, other)])  # type: ignore[misc]
    found = evaluated(four, MOON, Question("2", "wind", ("d.md",)), reranker=chain)
    told = found.to_dict()["models"]
    assert [(each["name"], each["questions"]) for each in told["rerankers"]] == [("first", 1), ("overlap", 1)]
    assert [(each["name"], each["questions"]) for each in told["failovers"]] == [("first", 1)]


def test_texts_that_must_stay_here_do(tmp_path: Path) -> None:
    base = knowledge_base(tmp_path / "kb", local_only=True)
    write(tmp_path / "n", a="moon sea tide")
    base.add(tmp_path / "n")
    base.update()
    with pytest.raises(LocalOnlyError):
        evaluated(base, MOON, reranker=Reranker("http://127.0.0.1:9/v1/rerank"))


def test_an_interrupted_one_goes_on_where_it_was(answers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scored: list[str] = []
    score = LocalReranker.score

    def counting(self: LocalReranker, query: str, documents: Any, *rest: Any, **more: Any) -> Scores:
        scored.extend(query for _ in documents)
        return score(self, query, documents, *rest, **more)

    monkeypatch.setattr(LocalReranker, "score", counting)
    questions = [Question("1", "What lowers glucose?", ("0",)), Question("2", "When is the ferry?", ("2",))]

    def stop(done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    settings = PipelineSettings()
    for report, new in ((stop, {questions[0].question}), (None, {questions[1].question}), (None, set())):
        models = ConfiguredModels(settings, keep_scores=True)
        scored.clear()
        with open_knowledge_base(answers, settings, models) as opened:
            if report is None:
                evaluate_questions(opened, questions)
            else:
                with pytest.raises(KeyboardInterrupt):
                    evaluate_questions(opened, questions, report)
        assert set(scored) == new


def test_a_collection_without_any_of_the_documents_is_refused(four: KnowledgeBase) -> None:
    with pytest.raises(DataError, match=r"none of the documents .* such as 'z\.md'"):
        evaluated(four, Question("1", "x", ("z.md",)))


def test_a_change_meanwhile_is_refused(four: KnowledgeBase, tmp_path: Path) -> None:
    def change(done: int, total: int) -> None:
        write(tmp_path / "n", e=f"New {done}.")
        four.update()

    with searched(four) as opened, pytest.raises(DataError, match="was changed"):
        evaluate_questions(opened, [MOON], change)
