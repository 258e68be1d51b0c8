"""A reranker at a service does what every scorer does; and its margins keep the order of probabilities."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.remote import logit
from rerankers.conformance import ScorerConformance
from support.faulty_server import faulty_server
from support.services import remote

LIMITS = {"documents": 4, "pair_tokens": 4096}


class TestRemote(ScorerConformance):
    @pytest.fixture
    def scorer(self) -> Iterator[Scorer]:
        with faulty_server() as server:
            yield remote(server, limits=LIMITS)


class TestRemoteInTheWordsOfCohere(ScorerConformance):
    @pytest.fixture
    def scorer(self) -> Iterator[Scorer]:
        with faulty_server() as server:
            yield remote(server, "cohere", limits=LIMITS)


@given(st.lists(st.floats(0, 1), min_size=2))
def test_margins_are_finite_and_in_the_order_of_probabilities(probabilities: list[float]) -> None:
    margins = [logit(probability) for probability in probabilities]
    assert all(map(math.isfinite, margins))
    assert sorted(margins) == [logit(probability) for probability in sorted(probabilities)]
