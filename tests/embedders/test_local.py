"""The local embedder: unit vectors for every text, long ones from windows, progress."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.embedders.embedder import Embedder
from pertinent.embedders.local import LocalEmbedder
from pertinent.embedders.protocol import TextEmbedder
from pertinent.engine import windows
from pertinent.engine.identity import RunsOn
from pertinent.errors import ModelError, UsageError
from pertinent.families.bert_embedder import wrap

ANSWER = "Metformin lowers blood sugar in patients with type 2 diabetes."
OTHER = "The ferry leaves the island at half past nine."


@pytest.fixture(scope="module")
def embedder() -> LocalEmbedder:
    return LocalEmbedder()


def test_it_is_a_text_embedder(embedder: LocalEmbedder) -> None:
    assert isinstance(embedder, TextEmbedder)
    vectors = embedder.embed_documents([ANSWER])
    assert vectors.shape == (1, embedder.model.dimensions)
    assert vectors.dtype == np.float32


def test_a_question_lies_nearer_to_its_answer(embedder: LocalEmbedder) -> None:
    (question,) = embedder.embed_queries(["what lowers blood sugar"])
    near, far = embedder.embed_documents([ANSWER, OTHER]) @ question
    assert near > far + 0.3


@pytest.mark.parametrize(
    "text", ["", "\x00", "\ud800", "[MASK]", "💊", "औषधि", "a" * 1000, "字" * 600, "x " * 5000]
)
def test_any_text_has_a_unit_vector(embedder: LocalEmbedder, text: str) -> None:
    vectors = np.concatenate([embedder.embed_documents([text]), embedder.embed_queries([text])])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_long_text_is_the_mean_of_its_windows(embedder: LocalEmbedder) -> None:
    # 510 tokens fit beside the control tokens; the second window is full and ends with the text.
    words = ["glucose"] * 510 + ["ferry"] * 380
    parts = embedder.embed_documents([" ".join(words[:510]), " ".join(words[380:])])
    mean = parts.sum(axis=0) / np.linalg.norm(parts.sum(axis=0))
    (whole,) = embedder.embed_documents([" ".join(words)])
    assert whole @ mean > 0.999


def test_windows_are_summed_in_order_whatever_runs_they_come_in(
    embedder: LocalEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [f"{ANSWER} {number}" for number in range(200)]
    texts = [" ".join(words), OTHER, " ".join(words[:90])]
    model = embedder._lazy.loaded()
    expected = embedder.embed_documents(texts)
    ((_, rows),) = windows.run_windows(model.engine, model.tokenizer.encode(texts[:1]), 510, wrap)
    total = rows.sum(axis=0)
    assert len(rows) > 5
    assert np.array_equal(expected[0], total / np.linalg.norm(total))

    monkeypatch.setattr(windows, "MAX_WINDOWS", 2)
    assert embedder.embed_documents(texts).tobytes() == expected.tobytes()


@given(st.lists(st.sampled_from([ANSWER, OTHER, "", "Insulin.", ANSWER * 40]), min_size=1, max_size=9))
@settings(max_examples=10, deadline=None)
def test_a_vector_depends_on_its_own_text_only(embedder: LocalEmbedder, texts: list[str]) -> None:
    together = embedder.embed_documents(texts)
    assert np.array_equal(together, np.concatenate([embedder.embed_documents([text]) for text in texts]))


def test_progress_and_emptiness(embedder: LocalEmbedder) -> None:
    calls: list[tuple[int, int]] = []
    embedder.embed_documents([ANSWER] * 5, progress=lambda *call: calls.append(call))
    assert calls[-1] == (5, 5)
    assert embedder.embed_documents([]).shape == (0, 384)


@pytest.mark.parametrize("texts", ["one string", [1]])
def test_what_is_not_text_is_refused(embedder: LocalEmbedder, texts: Any) -> None:
    with pytest.raises(UsageError):
        embedder.embed_documents(texts)
    with pytest.raises(UsageError):
        embedder.embed_queries(texts)


def test_a_reranker_is_refused() -> None:
    with pytest.raises(ModelError):
        LocalEmbedder("pertinent-mini-reranker")


def test_the_hash_of_its_prompt_is_known(embedder: LocalEmbedder) -> None:
    known = "e3d164526090083df0894a7c79a15310"
    assert embedder.prompt_hash() == embedder.prompt_hash("Find ships.") == known
    assert Embedder(embedder).prompt_hash() == known
    assert Embedder(embedder).runs_on == embedder.runs_on == RunsOn("openvino", "int8", "cpu")


def test_a_prefix_of_queries_is_part_of_the_prompt(
    embedder: LocalEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = embedder.prompt_hash()
    folder = replace(embedder._lazy.folder, query_prefix="query: ")
    monkeypatch.setattr(embedder._lazy, "folder", folder)
    assert embedder.prompt_hash() != known
