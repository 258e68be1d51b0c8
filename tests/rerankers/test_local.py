"""The local reranker: long texts in windows, strange texts, progress, independence."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.engine import chunks, windows
from pertinent.engine.lazy_model import LazyModel
from pertinent.errors import ModelError, UsageError
from pertinent.families import cross_encoder
from pertinent.families.bert import BertInput
from pertinent.families.tokens import TokenIds
from pertinent.rerankers import local
from pertinent.rerankers.local import LocalReranker
from pertinent.rerankers.protocol import Scorer

QUERY = "what lowers blood sugar in type 2 diabetes"
ANSWER = "Metformin lowers blood sugar in patients with type 2 diabetes."
OTHER = "The ferry leaves the island at half past nine."


@pytest.fixture(scope="module")
def reranker() -> LocalReranker:
    return LocalReranker()


def test_it_is_a_scorer(reranker: LocalReranker) -> None:
    assert isinstance(reranker, Scorer)
    (score,) = reranker.score(QUERY, [ANSWER])
    assert (score.model, score.revision) == (reranker.model.name, reranker.model.revision)
    assert score.scale == "margin"


def test_an_answer_scores_above_the_rest(reranker: LocalReranker) -> None:
    answer, other = reranker.score(QUERY, [ANSWER, OTHER])
    assert answer.probability > 0.9
    assert other.probability < 0.1


def test_an_answer_deep_in_a_long_text_is_found(reranker: LocalReranker) -> None:
    filler = f"{OTHER} " * 300
    plain, hidden = reranker.score(QUERY, [filler, filler + ANSWER + filler])
    assert plain.windows > 5
    assert hidden.windows > plain.windows
    assert hidden.margin > plain.margin + 3


def test_a_long_query_is_cut_and_told(reranker: LocalReranker, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "pertinent"):
        (score,) = reranker.score("glucose " * 10_000, [ANSWER])
    assert np.isfinite(score.margin)
    assert "10000 tokens" in caplog.text
    assert "glucose" not in caplog.text
    assert 9_000 < score.query_cut < 10_000
    assert reranker.score(QUERY, [ANSWER])[0].query_cut == 0


def test_an_instruction_is_not_read_and_that_is_said_once(
    reranker: LocalReranker, caplog: pytest.LogCaptureFixture
) -> None:
    local._warn_of_instruction.cache_clear()
    with caplog.at_level(logging.WARNING, "pertinent"):
        scores = [
            reranker.score(QUERY, [ANSWER], asked) for asked in (None, "", "Find ferries.", "Find rain.")
        ]
    assert len(set(scores)) == 1
    assert [record.getMessage() for record in caplog.records] == [
        "pertinent-mini-reranker reads no instruction; it scores without."
    ]


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "[SEP]", "💊", "औषधि", "a" * 1000, "字" * 600])
def test_any_text_has_a_finite_margin_on_either_side(reranker: LocalReranker, text: str) -> None:
    assert np.isfinite([score.margin for score in reranker.score(text, [text, ANSWER])]).all()
    assert np.isfinite(reranker.score(QUERY, [text])[0].margin)


def test_a_megabyte_is_one_document(reranker: LocalReranker) -> None:
    # One word of more than a hundred letters is one unknown token: a megabyte of text, few windows.
    (score,) = reranker.score(QUERY, [("x" * 999 + " ") * 1048])
    assert score.windows > 1


@given(st.lists(st.sampled_from([ANSWER, OTHER, "", "Insulin.", ANSWER * 20]), min_size=1, max_size=9))
@settings(max_examples=10, deadline=None)
def test_a_score_depends_on_its_own_document_only(reranker: LocalReranker, documents: list[str]) -> None:
    together = reranker.score(QUERY, documents)
    assert together == tuple(reranker.score(QUERY, [document])[0] for document in documents)


def test_chunks_change_nothing_but_progress_goes_on(
    reranker: LocalReranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [f"{ANSWER} {number}" for number in range(20)]
    expected = reranker.score(QUERY, documents)
    monkeypatch.setattr(chunks, "CHUNK_TEXTS", 6)
    calls: list[tuple[int, int]] = []

    assert reranker.score(QUERY, documents, progress=lambda *call: calls.append(call)) == expected

    assert calls == sorted(calls)
    assert calls[-1] == (20, 20)
    assert {total for _, total in calls} == {20}


def test_runs_of_windows_change_nothing(reranker: LocalReranker, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = [f"{OTHER} " * 150 + ANSWER, "", OTHER, ANSWER * 120]
    expected = reranker.score(QUERY, documents)
    monkeypatch.setattr(windows, "MAX_WINDOWS", 2)
    assert reranker.score(QUERY, documents) == expected


def test_a_query_is_read_and_warned_of_once(
    reranker: LocalReranker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_TEXTS", 1)
    with caplog.at_level(logging.WARNING, "pertinent"):
        reranker.score("glucose " * 300, [ANSWER, OTHER, ""])
    assert len(caplog.records) == 1


def test_no_documents_need_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    reranker = LocalReranker()
    monkeypatch.setattr(LazyModel, "loaded", lambda _: pytest.fail("loaded"))
    assert reranker.score(QUERY, []) == ()


@pytest.mark.parametrize(
    ("query", "documents"), [(3, []), (QUERY, ANSWER), (QUERY, [None]), (QUERY, [ANSWER, 1])]
)
def test_what_is_not_text_is_refused(reranker: LocalReranker, query: Any, documents: Any) -> None:
    with pytest.raises(UsageError) as caught:
        reranker.score(query, documents)
    assert ANSWER not in str(caught.value)


@pytest.mark.parametrize("model", ["no-such-model", "pertinent-mini-embedder"])
def test_a_wrong_model_is_refused_at_once(model: str) -> None:
    with pytest.raises(ModelError):
        LocalReranker(model)


@settings(max_examples=15)
@given(
    query=st.text(max_size=30),
    documents=st.lists(st.text(max_size=40), max_size=4),
    times=st.integers(1, 400),
)
def test_it_counts_the_tokens_that_the_engine_reads(
    query: str, documents: list[str], times: int, reranker: LocalReranker
) -> None:
    read: list[int] = []

    def recorded(asked: TokenIds, passage: TokenIds) -> BertInput:
        pair = join(asked, passage)
        read.append(len(pair.ids))
        return pair

    join = cross_encoder.join
    documents = [*documents, f"{ANSWER} " * times]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cross_encoder, "join", recorded)
        reranker.score(query, documents)
    assert reranker.count_tokens(query, documents) == sum(read)
    assert reranker.count_tokens(query, []) == 0


def test_the_hash_of_its_prompt_is_known(reranker: LocalReranker, monkeypatch: pytest.MonkeyPatch) -> None:
    known = "b7a5d0719d97ba555df1ee706a9e83c7"
    assert reranker.prompt_hash() == reranker.prompt_hash("Find ships.") == known

    def in_one(query: TokenIds, passage: TokenIds) -> BertInput:
        return join(query, passage)._replace(segment=1)

    join = cross_encoder.join
    monkeypatch.setattr(cross_encoder, "join", in_one)
    assert reranker.prompt_hash() != known, "which tokens are the passage's counts"
