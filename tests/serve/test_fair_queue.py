"""Turns without threads: who is served how much while others wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.serve import fair_queue
from pertinent.serve.fair_queue import TURN_TOKENS, FairQueue, Job, QueueFull


def taken(queue: FairQueue[str, str]) -> list[str]:
    return [job.items[place] for job, place in queue.take()]


def job(client: str, count: int, cost: int = 1) -> Job[str, str]:
    return Job(client, [f"{client}{place}" for place in range(count)], [cost] * count)


def test_clients_take_turns_and_go_on_where_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "TURN_TOKENS", 2)
    queue: FairQueue[str, str] = FairQueue(batch_tokens=3)
    queue.add(job("a", 4))
    queue.add(job("b", 3))
    assert [taken(queue) for _ in range(4)] == [["a0", "a1", "b0"], ["b1", "a2", "a3"], ["b2"], []]
    assert queue.tokens == 0


def test_an_item_dearer_than_a_turn_saves_up_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "TURN_TOKENS", 2)
    queue: FairQueue[str, str] = FairQueue(batch_tokens=100)
    queue.add(job("dear", 1, cost=6))
    queue.add(job("b", 8))
    assert taken(queue) == ["b0", "b1", "b2", "b3", "dear0", "b4", "b5", "b6", "b7"]


def test_an_allowance_is_not_kept_by_who_has_nothing_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "TURN_TOKENS", 4)
    queue: FairQueue[str, str] = FairQueue(batch_tokens=100)
    for _ in range(5):
        queue.add(job("a", 1))
        assert taken(queue) == ["a0"]
    queue.add(job("a", 9))
    queue.add(job("b", 1))
    assert taken(queue)[:5] == ["a0", "a1", "a2", "a3", "b0"]


def test_what_was_taken_back_is_not_given_out() -> None:
    queue: FairQueue[str, str] = FairQueue(batch_tokens=2)
    gone, stays = job("a", 5), job("a", 1)
    queue.add(gone)
    queue.add(stays)
    assert taken(queue) == ["a0", "a1"]
    queue.take_back(gone)
    queue.take_back(gone)
    assert queue.tokens == 1
    assert [entry[0] for entry in queue.take()] == [stays]


def test_a_full_queue_refuses_and_stays_as_it_was() -> None:
    queue: FairQueue[str, str] = FairQueue(batch_tokens=9, most=5, most_of_client=3)
    queue.add(job("a", 1, cost=99))
    with pytest.raises(QueueFull, match="As many tokens wait"):
        queue.add(job("b", 1))
    assert queue.tokens == 99
    assert taken(queue) == ["a0"]
    assert taken(queue) == []


@given(st.lists(st.lists(st.integers(1, TURN_TOKENS), min_size=1, max_size=30), min_size=2, max_size=5))
def test_while_all_wait_no_client_is_ahead_by_more_than_a_turn_and_an_item(costs: list[list[int]]) -> None:
    queue: FairQueue[str, str] = FairQueue(batch_tokens=1)
    jobs = [Job(str(client), ["x"] * len(own), own) for client, own in enumerate(costs)]
    for one in jobs:
        queue.add(one)
    served = [0] * len(jobs)
    while batch := queue.take():
        for owner, place in batch:
            served[int(owner.client)] += owner.costs[place]
        if all(one.taken < len(one.items) for one in jobs):
            assert max(served) - min(served) <= 2 * TURN_TOKENS
    assert served == [sum(own) for own in costs]
