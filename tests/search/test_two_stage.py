"""The class of the guide: its names and defaults, and none of its flaws."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

import numpy as np
import pytest

from pertinent import Document, TwoStageRetrieval
from pertinent.embedders.protocol import Vectors
from pertinent.errors import ModelError, UsageError
from pertinent.settings import load_settings
from pertinent.types import Progress
from support.fakes import BagOfWords, WordOverlap

CORPUS = [
    "It rained all day in the mountains.",
    {"id": "m", "title": "Metformin", "text": "Metformin lowers glucose."},
    Document("i", "Insulin lowers glucose too."),
    "A ferry leaves the island.",
]
QUERY = "Metformin lowers glucose"


class Watched(BagOfWords):
    """Remembers what it was asked, and makes vectors of any length."""

    def __init__(self, length: float = 1.0) -> None:
        self.documents: list[str] = []
        self.queries: list[tuple[str, str | None]] = []
        self.length = length

    def embed_queries(self, texts: Sequence[str], instruction: str | None = None) -> Vectors:
        self.queries += [(text, instruction) for text in texts]
        return super().embed_documents(texts)

    def embed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        self.documents += texts
        return super().embed_documents(texts) * np.float32(self.length)


def two_stage(embedder: BagOfWords | None = None, reranker: WordOverlap | None = None) -> TwoStageRetrieval:
    return TwoStageRetrieval(embedder or BagOfWords(), reranker or WordOverlap())


def test_names_and_defaults_are_the_guides() -> None:
    def defaults(method: object) -> dict[str, object]:
        return {name: one.default for name, one in inspect.signature(method).parameters.items()}  # type: ignore[arg-type]

    assert defaults(TwoStageRetrieval.similarity_search)["top_k"] == 50
    found = defaults(TwoStageRetrieval.search)
    assert (found["final_k"], found["top_k"]) == (10, 50)
    assert list(found)[1:4] == ["query", "document_corpus", "final_k"]
    assert defaults(TwoStageRetrieval.__init__)["preset"] == "balanced"


def test_the_best_come_first_with_their_ids_and_places() -> None:
    found = two_stage().search(QUERY, CORPUS, final_k=2)
    assert [(hit.document.id, hit.index) for hit in found] == [("m", 1), ("i", 2)]
    assert found.reranked is True
    assert all(hit.score is not None for hit in found)
    assert found.to_dict()["hits"][0]["id"] == "m"


def test_each_stage_alone() -> None:
    two = two_stage()
    similar = two.similarity_search(QUERY, CORPUS, top_k=2)
    assert [one.index for one in similar] == [1, 2]
    assert similar[0].similarity >= similar[1].similarity
    assert [item.document.id for item in two.rerank(QUERY, CORPUS)][:2] == ["m", "i"]
    assert two.get_embeddings(["a", "b"]).shape == (2, 64)
    assert two.get_embeddings([]).shape == (0, 64)


def test_a_corpus_is_embedded_once() -> None:
    embedder = Watched()
    two = two_stage(embedder)
    two.search(QUERY, CORPUS)
    two.search("ferry", [*CORPUS, CORPUS[0], "A new one."])
    assert len(embedder.documents) == len(CORPUS) + 1
    assert [text for text, _ in embedder.queries] == [QUERY, "ferry"]


def test_queries_are_embedded_as_queries_with_their_instruction() -> None:
    embedder = Watched()
    two_stage(embedder).search(QUERY, CORPUS, instruction="Find the drug.")
    assert embedder.queries == [(QUERY, "Find the drug.")]
    assert QUERY not in embedder.documents


def test_vectors_need_not_be_normalised() -> None:
    here, far = two_stage(Watched()), two_stage(Watched(length=250.0))
    expected = here.similarity_search(QUERY, CORPUS)
    found = far.similarity_search(QUERY, CORPUS)
    assert [one.index for one in found] == [one.index for one in expected]
    assert [one.similarity for one in found] == pytest.approx([one.similarity for one in expected], abs=1e-5)
    np.testing.assert_allclose(np.linalg.norm(far.get_embeddings(["a b c"]), axis=1), 1, atol=1e-6)


def test_a_reranker_that_fails_fails_no_search() -> None:
    found = two_stage(reranker=WordOverlap(fail_after=0)).search(QUERY, CORPUS, final_k=2)
    assert (found.reranked, found.reason) == (False, "The reranker failed (RuntimeError).")
    assert [hit.index for hit in found] == [1, 2]
    assert all(hit.score is None for hit in found)
    with pytest.raises(ModelError, match="was not"):
        two_stage(reranker=WordOverlap(fail_after=0)).search(QUERY, CORPUS, rerank="required")


def test_a_missing_key_fails_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPINFRA_TOKEN", "")
    two = TwoStageRetrieval(BagOfWords(), "Qwen/Qwen3-Reranker-8B", provider="deepinfra")
    found = two.search(QUERY, CORPUS)
    assert "DEEPINFRA_TOKEN" in found.reason
    assert [hit.index for hit in found][:2] == [1, 2]


def test_a_part_that_was_scored_in_time_comes_first() -> None:
    reranker = WordOverlap(fail_after=1)
    found = two_stage(reranker=reranker).search(QUERY, CORPUS, deadline=60.0)
    assert found.reranked == "partial"
    scored = [hit.score is not None for hit in found]
    assert scored == sorted(scored, reverse=True)
    assert len(found) == len(CORPUS)


def test_rerank_off_opens_no_reranker(monkeypatch: pytest.MonkeyPatch) -> None:
    two = TwoStageRetrieval(BagOfWords(), "no/such-model")
    assert two.search(QUERY, CORPUS, rerank="off").reason == "No reranker was asked for."
    monkeypatch.setenv("PERTINENT_RERANK_ENABLED", "false")
    load_settings.cache_clear()
    assert [hit.index for hit in two.search(QUERY, CORPUS)][:2] == [1, 2]
    load_settings.cache_clear()


def test_as_many_are_found_as_are_to_be_kept() -> None:
    assert len(two_stage().search(QUERY, [f"text {n}" for n in range(30)], final_k=20, top_k=5)) == 20


def test_nothing_to_find() -> None:
    assert two_stage().search(" ", CORPUS).reason == "The query is empty."
    assert two_stage().search(QUERY, []).reason == "There are no documents."
    assert two_stage().similarity_search(QUERY, []) == ()


@pytest.mark.parametrize(
    "wrong",
    [{"final_k": 0}, {"top_k": 0}, {"top_k": True}, {"deadline": -1}, {"rerank": "maybe"}],
    ids=str,
)
def test_wrong_numbers_and_words_are_errors(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        two_stage().search(QUERY, CORPUS, **wrong)  # type: ignore[arg-type]


def test_wrong_texts_are_errors() -> None:
    for documents in ("one text", [3], None):
        with pytest.raises(UsageError):
            two_stage().search(QUERY, documents)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        two_stage().search(3, CORPUS)  # type: ignore[arg-type]
