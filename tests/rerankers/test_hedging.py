from __future__ import annotations

import time

import pytest

from pertinent import Reranker
from pertinent.rerankers.hedging import services
from pertinent.rerankers.member import Member
from support.fakes import Counting
from support.faulty_server import faulty_server, good, hang
from support.services import remote

QUERY, DOCUMENTS = "what lowers glucose", ["It rained.", "metformin lowers glucose"]


pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


def test_a_late_first_service_is_hedged() -> None:
    with faulty_server() as first, faulty_server() as second:
        reranker = Reranker([remote(first), remote(second, name="second")], hedge=True)
        for _ in range(25):
            assert reranker.rank(QUERY, DOCUMENTS).receipts[0].provider == "deepinfra"
        first.usual = hang
        begun = time.monotonic()
        ranking = reranker.rank(QUERY, DOCUMENTS)
        assert time.monotonic() - begun < 5
        assert [receipt.provider for receipt in ranking.receipts] == ["second"]
        assert ranking.failovers[0].reason == "it was late, and the next one answered first"
        first.usual = good
        for _ in range(10):
            reranker.rank(QUERY, DOCUMENTS)
        assert second.count <= 2, "at most one call in twenty is asked twice"


def test_only_services_are_asked_together() -> None:
    here, there = Counting("here"), remote("http://127.0.0.1:9")
    members = [Member(scorer.model, lambda scorer=scorer: scorer) for scorer in (here, there)]
    assert services(*members) == ((members[1], there),)


def test_with_one_that_works_here_each_is_asked_in_its_turn() -> None:
    second = Counting("here")
    with faulty_server() as first:
        chain = Reranker([remote(first), second], hedge=True)
        assert chain.rank(QUERY, DOCUMENTS).receipts[0].provider == "deepinfra"
    assert second.calls == 0
