from __future__ import annotations

import numpy as np
import pytest

from pertinent.rerankers.local import LocalReranker
from pertinent.rerankers.read_pairs import read_pairs, read_query, run_pairs

LONG = "It rained all day in the mountains. " * 200 + "Metformin lowers blood glucose."
QUERY = "What lowers blood glucose?"


@pytest.fixture(scope="module")
def reranker(_float32: None) -> LocalReranker:
    return LocalReranker()


def test_pairs_of_several_queries_in_one_run_have_their_own_margins(reranker: LocalReranker) -> None:
    model = reranker._lazy.loaded()
    asked = [(QUERY, "Metformin lowers glucose."), ("rain?", LONG), (QUERY, LONG), (QUERY, "")]
    pairs = [pair for query, text in asked for pair in read_pairs(model, query, [text])]
    together = run_pairs(model, pairs)
    alone = [reranker.score(query, [text])[0].margin for query, text in asked]
    assert np.array_equal(together, np.array(alone, np.float32))
    assert run_pairs(model, []).shape == (0,)


def test_tokens_count_every_window_with_its_query(reranker: LocalReranker) -> None:
    model = reranker._lazy.loaded()
    (short, long) = read_pairs(model, QUERY, ["Metformin.", LONG])
    assert (len(short.windows), short.query_cut) == (1, 0)
    assert len(long.windows) > 1
    assert [short.tokens + long.tokens] == [reranker.count_tokens(QUERY, ["Metformin.", LONG])]
    covered = {place for window in long.windows for place in range(window.start, window.stop)}
    assert covered == set(range(len(long.document)))


def test_a_query_leaves_half_of_the_window(reranker: LocalReranker) -> None:
    ids, cut = read_query(reranker._lazy.loaded(), "glucose " * 1000)
    assert len(ids) + cut == 1000
    assert len(ids) <= 256
