from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pertinent.providers.facts import Limits
from pertinent.providers.splitting import (
    PAIR_OVERHEAD,
    cut_to,
    estimated_tokens,
    fit_documents,
    fit_query,
    pair_tokens,
    split_documents,
    split_texts,
)

TEXTS = st.lists(st.text(max_size=400), max_size=60)


@given(TEXTS, st.integers(1, 20), st.one_of(st.none(), st.integers(64, 2000)))
def test_parts_are_all_documents_once_in_order_and_within_limits(
    documents: list[str], most: int, tokens: int | None
) -> None:
    parts = list(split_documents("q", documents, Limits(documents=most, call_tokens=tokens)))
    assert [text for part in parts for text in documents[part]] == documents
    for part in parts:
        count = part.stop - part.start
        assert 1 <= count <= most
        if tokens is not None and count > 1:
            beside = estimated_tokens("q") + PAIR_OVERHEAD
            assert sum(estimated_tokens(text) + beside for text in documents[part]) <= tokens


@given(TEXTS)
def test_texts_to_embed_are_split_alike(texts: list[str]) -> None:
    parts = list(split_texts(texts, Limits(texts=7)))
    assert [text for part in parts for text in texts[part]] == texts
    assert all(part.stop - part.start <= 7 for part in parts)


@given(st.text(alphabet=st.characters(), max_size=300), st.integers(1, 100))
def test_a_cut_text_is_a_beginning_that_fits(text: str, tokens: int) -> None:
    kept, cut = cut_to(text, tokens)
    assert text.startswith(kept)
    assert estimated_tokens(kept) <= tokens
    assert (cut == 0) == (kept == text)


def test_a_huge_document_is_a_part_of_its_own() -> None:
    huge = "a" * 5_000_000
    assert [part.stop - part.start for part in split_documents("q", ["a", huge, "b"], Limits())] == [1, 1, 1]


@given(st.text(max_size=600), TEXTS, st.integers(140, 400))
def test_a_fitted_pair_is_no_longer_than_a_pair_may_be(query: str, documents: list[str], most: int) -> None:
    limits = Limits(pair_tokens=most)
    asked, cut = fit_query(query, limits)
    assert (cut == 0) == (asked == query)
    texts, cuts = fit_documents(asked, documents, limits)
    assert len(texts) == len(cuts) == len(documents)
    for document, text, missing in zip(documents, texts, cuts, strict=True):
        assert document.startswith(text)
        assert (missing == 0) == (text == document)
        assert pair_tokens(asked, [text]) <= most


def test_what_has_no_bound_is_not_cut() -> None:
    long = "glucose " * 9999
    assert fit_query(long, Limits()) == (long, 0)
    assert fit_documents("q", [long], Limits()) == ((long,), (0,))
    assert fit_query(long, Limits(query_tokens=16))[1] > 0
