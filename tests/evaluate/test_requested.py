from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from pertinent.embedders.protocol import Vectors
from pertinent.errors import DataError, ModelError, UsageError
from pertinent.evaluate.request import Request
from pertinent.evaluate.requested import CASCADE_TOP, Models, evaluate, open_all
from pertinent.evaluate.result import TaskResult
from pertinent.rerankers.reranker import Reranker
from pertinent.types import Scores
from support.fakes import BagOfWords, WordOverlap
from support.small_task import small_beir

MINI = "pertinent-mini-reranker"


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    return small_beir(tmp_path / "small")


def asked(*paths: Path, **changes: object) -> Request:
    return Request(tuple(map(str, paths)), **({"resamples": 200, "candidates": 5} | changes))  # type: ignore[arg-type]


def test_carried_models_are_used_where_none_are_named(beir: Path) -> None:
    (result,) = evaluate(asked(beir))
    assert result.dataset == "small"
    assert result.card["embedder"]["name"] == "pertinent-mini-embedder"
    (reranker,) = result.card["rerankers"].values()
    assert reranker["name"] == "pertinent-mini-reranker"
    assert result.card["values_hash"]
    assert set(result.to_dict()["stages"]) == {"bm25", "dense", "rrf", "rerank", "final"}
    assert result.efforts["rerank"].tokens_per_query
    json.dumps(result.to_dict())


def test_a_second_time_scores_come_from_the_cache(beir: Path) -> None:
    (first,), (second,) = evaluate(asked(beir)), evaluate(asked(beir))
    assert first.efforts["rerank"].queries == 3
    assert second.efforts["rerank"].queries == 0
    assert second.card["values_hash"] == first.card["values_hash"]
    (fresh,) = evaluate(asked(beir), fresh=True)
    assert fresh.efforts["rerank"].queries == 3
    assert fresh.card["values_hash"] == first.card["values_hash"]


def test_rerankers_of_any_kind_at_once(beir: Path) -> None:
    class Remote(WordOverlap):
        """Stands for a provider: no fingerprint, a price."""

        price_per_million_tokens = 20.0

        def count_tokens(self, query: str, documents: list[str], *rest: object) -> int:
            return 10 * len(documents)

    rerankers = {
        "local": Reranker(),
        "both": Reranker.cascade(Remote(), Reranker(), top_k=2, depth=2),
        "remote": Remote(),
    }
    (result,) = evaluate(asked(beir), embedder=BagOfWords(), rerankers=rerankers)
    for name in rerankers:
        assert f"rerank:{name}" in result.stages
    assert result.efforts["rerank:remote"].cost_per_query == pytest.approx(20 * 50 / 1e6)
    assert result.efforts["rerank:local"].cost_per_query is None


def test_a_cascade_by_its_name(beir: Path) -> None:
    mini = "pertinent-mini-reranker"
    models = Models.open(asked(beir, rerankers=(f"{mini}+{mini}",)))
    (cascade,) = models.rerankers.values()
    assert cascade.model.name == f"{mini} + {mini}"
    (task,) = open_all(asked(beir))
    (described,) = models.card(task, asked(beir))["rerankers"].values()
    assert described["settings"]["top_k"] == CASCADE_TOP


def test_models_are_opened_only_for_stages_that_need_them(beir: Path) -> None:
    assert Models.open(asked(beir, stages=("bm25",))).embedder is None
    assert Models.open(asked(beir, stages=("dense",))).rerankers == {}
    (result,) = evaluate(asked(beir, stages=("bm25",)))
    assert result.card["embedder"] is None
    assert result.card["rerankers"] == {}


def test_several_sets_are_corrected_together(tmp_path: Path) -> None:
    paths = [small_beir(tmp_path / "one"), small_beir(tmp_path / "two")]
    results = evaluate(asked(*paths), embedder=BagOfWords(), rerankers={"o": WordOverlap()})
    assert [result.dataset for result in results] == ["one", "two"]
    for comparison in results[0].comparisons:
        assert comparison.p_holm >= comparison.p


def test_no_query_pays_for_loading(beir: Path) -> None:
    told: list[str] = []

    class Slow(BagOfWords):
        def load(self, *, progress: object) -> None:
            told.append("loaded")

        def embed_queries(self, texts: Sequence[str], instruction: str | None = None) -> Vectors:
            told.append("query")
            return super().embed_queries(texts, instruction)

    evaluate(asked(beir), embedder=Slow(), rerankers={})
    assert told == ["loaded", *["query"] * 3]


def test_what_is_broken_in_a_later_set_shows_before_the_first_is_evaluated(tmp_path: Path) -> None:
    paths = [small_beir(tmp_path / name) for name in ("one", "two")]
    with (paths[1] / "corpus.jsonl").open("a", encoding="utf-8") as corpus:
        corpus.write('{"_id": "last", "text": 7}\n')
    finished: list[TaskResult] = []
    with pytest.raises(DataError, match=r"corpus\.jsonl"):
        evaluate(asked(*paths), embedder=BagOfWords(), rerankers={}, finished=finished.append)
    assert not finished


@pytest.mark.parametrize("changes", [{"metrics": ("WSS@95",)}, {"baseline": "bm52"}, {"baseline": "rerank"}])
def test_what_no_set_can_answer_is_refused_before_anything_is_indexed(
    beir: Path, changes: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pertinent.evaluate.evaluation.open_index", None)
    with pytest.raises(UsageError):
        evaluate(asked(beir, **changes), embedder=BagOfWords(), rerankers={})


def test_each_result_is_given_as_soon_as_it_is_there(tmp_path: Path) -> None:
    class FailsAtSecond(WordOverlap):
        queries = 0

        def score(self, *args: object, **options: object) -> Scores:
            self.queries += 1
            if self.queries > 3:
                raise ModelError("The model is gone.", hint="Call it back.")
            return super().score(*args, **options)  # type: ignore[arg-type]

    paths = [small_beir(tmp_path / name) for name in ("one", "two")]
    finished: list[TaskResult] = []
    rerankers = {"o": FailsAtSecond()}
    with pytest.raises(ModelError):
        evaluate(asked(*paths), embedder=BagOfWords(), rerankers=rerankers, finished=finished.append)
    (one,) = finished
    assert one.dataset == "one"
    assert one.card["values_hash"]


def test_a_card_names_its_own_set_alone(tmp_path: Path) -> None:
    paths = [small_beir(tmp_path / name) for name in ("one", "two")]
    results = evaluate(asked(*paths, stages=("bm25",)))
    assert [result.card["request"]["paths"] for result in results] == [[str(path)] for path in paths]


def test_a_set_given_twice_is_refused(beir: Path) -> None:
    with pytest.raises(UsageError, match="one name"):
        open_all(asked(beir, beir))


def test_a_reranker_given_twice_is_refused(beir: Path) -> None:
    mini = "pertinent-mini-reranker"
    with pytest.raises(UsageError, match="twice"):
        Models.open(asked(beir, rerankers=(mini, mini)))


@pytest.mark.parametrize(
    "changes", [{"dtype": "float32"}, {"engine": "torch"}, {"prompt": "evaluation"}, {"max_tokens": 256}]
)
@pytest.mark.parametrize("rerankers", [(), (MINI,), (f"{MINI}+{MINI}",)])
def test_settings_that_carried_models_have_not_are_refused(
    beir: Path, rerankers: tuple[str, ...], changes: dict[str, object]
) -> None:
    with pytest.raises(UsageError, match=next(iter(changes))):
        Models.open(asked(beir, rerankers=rerankers, **changes))


def test_what_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        open_all(asked(tmp_path / "missing"))


def test_a_wrong_metric_shows_before_anything_is_indexed(beir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pertinent.evaluate.evaluation.open_index", None)
    with pytest.raises(UsageError, match="metric"):
        evaluate(asked(beir, metrics=("nDGC@10",)), embedder=BagOfWords(), rerankers={})
