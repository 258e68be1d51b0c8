from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import mteb
import numpy as np
import pytest
from mteb.models import CrossEncoderProtocol, EncoderProtocol

from pertinent.embedders.embedder import Embedder
from pertinent.errors import UsageError
from pertinent.evaluate import mteb_models
from pertinent.evaluate.mteb_models import MtebEmbedder, MtebReranker, mteb_embedder, mteb_reranker
from pertinent.evaluate.named.mteb_sets import tasks_of
from pertinent.evaluate.result import Run
from pertinent.evaluate.statistics.measures import measure, parse_metrics
from pertinent.evaluate.task import Task
from pertinent.rerankers.reranker import Reranker
from pertinent.types import ModelInfo, Passage, Progress, Score, Scores
from support.fakes import BagOfWords, WordOverlap
from support.mteb_tasks import QUERIES, RANKED, beir_parts, local_task

READER = ModelInfo("org/reader", "7", "qwen3_reranker", "reranker", 100, 5, "MIT", default_instruction="Own.")
MTEB_NAMES = {"nDCG@10": "ndcg_at_10", "MAP@100": "map_at_100", "MRR@10": "mrr_at_10", "R@5": "recall_at_5"}


class Recorder:
    """Scores by the length of the document and keeps what it was asked."""

    model = READER

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[str], str | None]] = []

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        self.calls.append((query, list(documents), instruction))
        return tuple(Score.from_margin(float(len(d)), self.model) for d in documents)


def mteb_scores(model: Any, task: Any, **more: Any) -> dict[str, Any]:
    result = mteb.evaluate(model, task, cache=None, show_progress_bar=False, **more)
    ((scores,),) = result.task_results[0].scores.values()
    return scores


def assert_equal_scores(scores: dict[str, Any], run: Run, task: Task) -> None:
    """mteb's means, which it rounds to five digits, are those of our own order by ir-measures."""
    values = measure(run, task, parse_metrics(list(MTEB_NAMES)))
    for ours, theirs in MTEB_NAMES.items():
        assert fmean(values[ours].values()) == pytest.approx(scores[theirs], abs=5.1e-6), ours


def own_ranking(task: Task, reranker: Any) -> Run:
    assert task.candidates is not None
    run = {}
    for query, rows in task.candidates.items():
        scores = reranker.score(task.queries[query], [row.text for row in rows])
        pairs = zip(rows, scores, strict=True)
        found = [(row.document_id, score.margin) for row, score in pairs]
        run[query] = sorted(found, key=lambda pair: (pair[1], pair[0]), reverse=True)
    return run


def own_search(task: Task, embedder: Any, depth: int) -> Run:
    assert task.documents is not None
    found = list(task.documents())
    texts = [Passage(d.id, d.id, d.text, title=d.title).content for d in found]
    scores = embedder.embed_queries(list(task.queries.values())) @ embedder.embed_documents(texts).T
    run = {}
    for query, row in zip(task.queries, scores, strict=True):
        best = sorted(zip([d.id for d in found], row.tolist(), strict=True), key=lambda pair: -pair[1])
        run[query] = best[:depth]
    return run


def small_part(folder: Path, split: str, queries: int) -> dict[str, Any]:
    """The first queries with sixty documents; judgements of others stay, as ideal gains need them."""
    parts = beir_parts(folder, split, queries)
    wanted = dict.fromkeys(document for grades in parts["relevant"].values() for document in grades)
    others = [document for document in parts["corpus"] if document not in wanted]
    parts["corpus"] = {document: parts["corpus"][document] for document in [*list(wanted)[:40], *others][:60]}
    return parts


class Remembering(BagOfWords):
    """The carried embedder, which embeds a text once."""

    def __init__(self) -> None:
        self.embedder = Embedder()
        self.model = self.embedder.model
        self.known: dict[str, Any] = {}

    def embed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Any:
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        self.known.update(zip(new, self.embedder.embed_documents(new), strict=True))
        return np.stack([self.known[text] for text in texts])


def test_they_answer_to_the_protocols_of_mteb() -> None:
    reranker, embedder = mteb_reranker(), mteb_embedder()
    assert isinstance(reranker, CrossEncoderProtocol)
    assert not isinstance(reranker, EncoderProtocol)
    assert isinstance(embedder, EncoderProtocol)
    assert not isinstance(embedder, CrossEncoderProtocol)


def test_meta_tells_what_is_known() -> None:
    meta = mteb_embedder().mteb_model_meta
    info = Embedder().model
    assert (meta.name, meta.revision) == ("pertinent/pertinent-mini-embedder", info.revision)
    assert (meta.embed_dim, meta.max_tokens, meta.n_parameters) == (384, 512, info.parameters)
    assert (meta.license, meta.similarity_fn_name, meta.use_instructions) == ("apache-2.0", "cosine", False)
    assert not meta.is_cross_encoder
    meta = MtebReranker(Recorder(), instruction="Find: a/b?" * 40).mteb_model_meta
    assert (meta.name, meta.revision, meta.license, meta.use_instructions) == ("org/reader", "7", "mit", True)
    assert meta.is_cross_encoder
    assert meta.embed_dim is None
    assert len(meta.experiment_kwargs["instruction"]) < 80
    assert (
        meta.experiment_name != MtebReranker(Recorder(), instruction="Else.").mteb_model_meta.experiment_name
    )


def test_an_unknown_licence_is_not_told() -> None:
    class Own(WordOverlap):
        model = ModelInfo("own", "", "cross_encoder", "reranker", 1, 0, "Own-1.0")

    meta = mteb_reranker(Own()).mteb_model_meta
    assert (meta.license, meta.revision, meta.n_parameters) == (None, None, None)


def test_pairs_of_a_query_are_scored_together_and_come_back_in_their_order() -> None:
    recorder = Recorder()
    places = [(query, "x" * length) for length in range(1, 8) for query in ("a", "b", "c")]
    random.Random(1).shuffle(places)
    batches = [places[begin : begin + 4] for begin in range(0, len(places), 4)]
    found = MtebReranker(recorder).predict(
        [{"text": [q for q, _ in batch]} for batch in batches],
        [{"text": [d for _, d in batch]} for batch in batches],
        task_metadata=local_task().metadata,
        hf_split="test",
        hf_subset="default",
        batch_size=4,
    )
    assert found.tolist() == [len(document) for _, document in places]
    assert sorted(query for query, _, _ in recorder.calls) == ["a", "b", "c"]
    assert all(instruction is None for _, _, instruction in recorder.calls)


def test_only_so_many_pairs_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mteb_models, "HELD", 3)
    recorder = Recorder()
    found = MtebReranker(recorder).predict(
        [{"text": ["a"] * 5}],
        [{"text": ["x", "xx", "xxx", "xxxx", ""]}],
        task_metadata=local_task().metadata,
        hf_split="test",
        hf_subset="default",
    )
    assert found.tolist() == [1, 2, 3, 4, 0]
    assert [len(documents) for _, documents, _ in recorder.calls] == [3, 2]


@pytest.mark.parametrize(
    ("prompt", "own", "given", "expected"),
    [
        (None, None, None, {None}),
        ("Task.", None, None, {"Task."}),
        ({"query": "Task.", "document": "Not."}, None, None, {"Task."}),
        ({"document": "Not."}, None, None, {None}),
        ("Task.", "Mine {}.", None, {"Mine q1.", "Mine q2.", "Mine q3."}),
        ("Task.", None, "Given.", {"Given."}),
        ("Task.", "Mine {}.", "Given.", {"Given."}),
    ],
)
def test_instructions_are_handed_through(
    prompt: Any, own: str | None, given: str | None, expected: set[str | None]
) -> None:
    recorder = Recorder()
    instructions = {query: own.format(query) for query in QUERIES} if own else None
    task = local_task(ranked=RANKED, prompt=prompt, instructions=instructions)
    mteb_scores(mteb_reranker(recorder, instruction=given), task)
    assert {instruction for _, _, instruction in recorder.calls} == expected
    texts = {query for query, _, _ in recorder.calls}
    assert texts == (
        set(QUERIES.values()) if not own or not given else set(tasks_of(task)[0].queries.values())
    )


def test_a_model_that_reads_no_instruction_reads_them_in_the_query() -> None:
    class Plain(Recorder):
        model = WordOverlap.model

    recorder = Plain()
    task = local_task(ranked=RANKED, instructions=dict.fromkeys(QUERIES, "Trials only."))
    mteb_scores(mteb_reranker(recorder), task)
    assert {query for query, _, _ in recorder.calls} == set(tasks_of(task)[0].queries.values())


def test_documents_are_read_with_their_title_on_a_line_of_its_own() -> None:
    recorder = Recorder()
    task = local_task(ranked=RANKED)
    mteb_scores(mteb_reranker(recorder), task)
    (ours,) = tasks_of(task)
    assert ours.candidates is not None
    asked = {query: set(documents) for query, documents, _ in recorder.calls}
    assert asked == {ours.queries[q]: {row.text for row in rows} for q, rows in ours.candidates.items()}


def test_queries_and_documents_are_embedded_as_what_they_are() -> None:
    class Both(BagOfWords):
        model = ModelInfo(
            "org/both", "1", "qwen3_embedding", "embedder", 9, 9, "MIT", 64, default_instruction="Own."
        )
        calls: list[tuple[str, str | None, list[str]]]

        def __init__(self) -> None:
            self.calls = []

        def embed_queries(self, texts: Sequence[str], instruction: str | None = None) -> Any:
            self.calls.append(("queries", instruction, list(texts)))
            return super().embed_documents(texts)

        def embed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Any:
            self.calls.append(("documents", None, list(texts)))
            return super().embed_documents(texts)

    both = Both()
    task = local_task(prompt={"query": "Task."})
    mteb_scores(mteb_embedder(both), task)
    assert [(kind, instruction) for kind, instruction, _ in both.calls] == [
        ("queries", "Task."),
        ("documents", None),
    ]
    assert both.calls[0][2] == list(QUERIES.values())
    assert both.calls[1][2][0].startswith("Metformin\nMetformin lowers")
    both.calls.clear()
    more = {"task_metadata": task.metadata, "hf_split": "test", "hf_subset": "default"}
    vectors = mteb_embedder(both).encode([{"text": ["a", "b"]}, {"text": ["c"]}], **more)
    assert (vectors.shape, both.calls[0][:2]) == ((3, 64), ("queries", "Task."))
    assert mteb_embedder(BagOfWords()).encode([], **more).shape == (0, 64)


def test_neither_queries_nor_documents_are_embedded_as_documents_without_instructions() -> None:
    bag = BagOfWords()
    vectors = mteb_embedder(bag).encode(
        [{"text": ["a b", "c"]}], task_metadata=local_task().metadata, hf_split="test", hf_subset="default"
    )
    np.testing.assert_array_equal(vectors, bag.embed_documents(["a b", "c"]))


def test_similarity_is_the_dot_product() -> None:
    vectors = BagOfWords().embed_documents(["a b", "b c", "d"])
    model = MtebEmbedder(BagOfWords())
    np.testing.assert_allclose(model.similarity(vectors, vectors), vectors @ vectors.T, rtol=1e-5)
    np.testing.assert_allclose(model.similarity_pairwise(vectors, vectors), np.ones(3), rtol=1e-5)


def test_names_of_ready_instructions_are_known() -> None:
    recorder = Recorder()
    mteb_scores(mteb_reranker(recorder, instruction="moderation"), local_task(ranked=RANKED))
    assert {i for _, _, i in recorder.calls} == {
        "Given a rule of a community, retrieve messages that break it"
    }
    with pytest.raises(UsageError):
        mteb_embedder(BagOfWords(), instruction="nonsense")


def test_mteb_measures_the_carried_pair_as_we_do_on_own_texts() -> None:
    retrieval, reranking = local_task("OwnRetrieval"), local_task("OwnReranking", ranked=RANKED)
    (task,) = tasks_of(retrieval)
    scores = mteb_scores(mteb_embedder(), retrieval)
    assert scores["ndcg_at_10"] > 0.9
    assert_equal_scores(scores, own_search(task, Embedder(), 100), task)
    (task,) = tasks_of(reranking)
    scores = mteb_scores(mteb_reranker(), reranking)
    assert scores["ndcg_at_10"] > 0.9
    assert_equal_scores(scores, own_ranking(task, Reranker()), task)


@pytest.mark.parametrize(("name", "split", "queries"), [("nfcorpus", "dev", 12), ("xquad_r_de", "test", 30)])
def test_mteb_measures_two_stages_as_we_do_on_real_texts(
    name: str, split: str, queries: int, data_folder: Path, tmp_path: Path
) -> None:
    parts = small_part(data_folder / name, split, queries)
    given = local_task(f"Local{name.replace('_', '')}", split=split, **parts)
    (task,) = tasks_of(given)
    assert len(task.queries) == queries
    embedder, reranker = Remembering(), Reranker(cache=tmp_path / "scores.sqlite")
    scores = mteb_scores(mteb_embedder(embedder), given, prediction_folder=tmp_path)
    assert 0 < scores["ndcg_at_10"] < 1
    first = own_search(task, embedder, 100)
    assert_equal_scores(scores, first, task)

    given.convert_to_reranking(tmp_path, top_k=8)
    (reranked,) = tasks_of(given)
    assert reranked.candidates is not None
    listed = {q: [row.document_id for row in rows] for q, rows in reranked.candidates.items()}
    assert listed == {query: [document for document, _ in rows[:8]] for query, rows in first.items()}
    scores = mteb_scores(mteb_reranker(reranker), given)
    assert 0 < scores["ndcg_at_10"] < 1
    assert_equal_scores(scores, own_ranking(reranked, reranker), reranked)
