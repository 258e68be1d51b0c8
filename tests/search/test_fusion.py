from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.search.fusion import RRF_BEST, fuse
from pertinent.types import FirstStage, Found, Passage


def found(ids: list[str]) -> tuple[Found, ...]:
    return tuple(Found(Passage(i, i, f"text {i}"), 1.0 / n) for n, i in enumerate(ids, start=1))


orders = st.lists(st.sampled_from("abcdefghij"), unique=True)


def test_equals_the_sum_computed_by_hand() -> None:
    by_id = {c.passage.id: c for c in fuse(FirstStage(found(["a", "b", "c"]), found(["c", "a"])))}
    assert by_id["a"].rrf == pytest.approx(1 / 61 + 1 / 62)
    assert by_id["b"].rrf == pytest.approx(1 / 62)
    assert by_id["c"].rrf == pytest.approx(1 / 63 + 1 / 61)
    assert [by_id[i].rank for i in "acb"] == [1, 2, 3]


def test_head_of_both_lists_is_the_best_there_is() -> None:
    assert fuse(FirstStage(found(["a"]), found(["a"])))[0].rrf == pytest.approx(RRF_BEST)


def test_the_constant_is_the_callers() -> None:
    assert fuse(FirstStage(found(["a"]), ()), constant=1)[0].rrf == pytest.approx(0.5)


@given(orders, orders)
def test_every_passage_once_in_falling_order(dense: list[str], bm25: list[str]) -> None:
    candidates = fuse(FirstStage(found(dense), found(bm25)))
    assert sorted(c.passage.id for c in candidates) == sorted({*dense, *bm25})
    assert [c.rank for c in candidates] == list(range(1, len(candidates) + 1))
    assert [c.rrf for c in candidates] == sorted((c.rrf for c in candidates), reverse=True)
    for c in candidates:
        assert c.dense_rank == (dense.index(c.passage.id) + 1 if c.passage.id in dense else None)
        assert c.bm25_rank == (bm25.index(c.passage.id) + 1 if c.passage.id in bm25 else None)


@given(orders)
def test_two_equal_lists_keep_their_order(order: list[str]) -> None:
    assert [c.passage.id for c in fuse(FirstStage(found(order), found(order)))] == order


def test_the_same_content_comes_once() -> None:
    twins = (Found(Passage("a", "1", "Same  text"), 2.0), Found(Passage("b", "2", "same text"), 1.0))
    assert [c.passage.id for c in fuse(FirstStage(twins, ()))] == ["a"]


def test_nothing_gives_nothing() -> None:
    assert fuse(FirstStage()) == []


def test_doubles_are_kept_where_each_document_is_judged() -> None:
    one, two = Passage("a", "1", "Same text"), Passage("b", "2", "same  text")
    lists = FirstStage((Found(one, 0.9), Found(two, 0.8)), ())
    assert [c.passage.id for c in fuse(lists)] == ["a"]
    kept = fuse(lists, keep_doubles=True)
    assert [(c.passage.id, c.rank) for c in kept] == [("a", 1), ("b", 2)]
