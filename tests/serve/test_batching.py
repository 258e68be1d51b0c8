"""Fair turns, common batches, faults and cancelling, without any model."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.serve import fair_queue
from pertinent.serve.batching import Batcher
from pertinent.serve.fair_queue import QueueFull


class Held:
    """A function that runs when it is let, and remembers its batches."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun = threading.Event()
        self.go = threading.Event()

    def __call__(self, items: Sequence[str]) -> list[str]:
        self.batches.append(list(items))
        self.begun.set()
        assert self.go.wait(10)
        return [item.upper() for item in items]


def test_requests_of_many_clients_share_a_batch() -> None:
    held = Held()
    batcher = Batcher(held, batch_tokens=100)
    first = batcher.submit("a", ["first"], [1])
    assert held.begun.wait(10)
    others = [batcher.submit(client, [f"{client}0", f"{client}1"], [1, 1]) for client in "bcd"]
    held.go.set()
    assert first.future.result(10) == ["FIRST"]
    assert [job.future.result(10) for job in others] == [["B0", "B1"], ["C0", "C1"], ["D0", "D1"]]
    assert len(held.batches) == 2
    batcher.close()


def test_a_small_request_does_not_wait_for_a_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "TURN_TOKENS", 20)
    held = Held()
    batcher = Batcher(held, batch_tokens=40)
    batcher.submit("first", ["x"], [1])
    assert held.begun.wait(10)
    large = batcher.submit("large", [f"l{n}" for n in range(100)], [10] * 100)
    small = batcher.submit("small", ["s0", "s1"], [10, 10])
    held.go.set()
    assert small.future.result(10) == ["S0", "S1"]
    assert large.future.result(10)[99] == "L99"
    # Its two items stand in the first batch after the one that was running.
    assert held.batches[1] == ["l0", "l1", "s0", "s1"]
    batcher.close()


def test_two_requests_of_one_client_go_one_after_the_other() -> None:
    held = Held()
    batcher = Batcher(held, batch_tokens=3)
    batcher.submit("a", ["x"], [1])
    assert held.begun.wait(10)
    jobs = [batcher.submit("a", [f"{n}0", f"{n}1"], [1, 1]) for n in range(3)]
    held.go.set()
    for job in jobs:
        job.future.result(10)
    assert [item for batch in held.batches for item in batch] == ["x", "00", "01", "10", "11", "20", "21"]
    batcher.close()


def test_an_item_larger_than_a_batch_runs_alone() -> None:
    batcher = Batcher(list, batch_tokens=10)
    job = batcher.submit("a", ["small", "huge", "small"], [1, 50_000, 1])
    assert job.future.result(10) == ["small", "huge", "small"]
    batcher.close()


def test_what_nobody_waits_for_is_not_run() -> None:
    held = Held()
    batcher = Batcher(held, batch_tokens=2)
    batcher.submit("a", ["x"], [1])
    assert held.begun.wait(10)
    gone = batcher.submit("b", ["gone"] * 50, [1] * 50)
    stays = batcher.submit("c", ["stays"], [1])
    assert batcher.queued_tokens == 51
    batcher.cancel(gone)
    assert batcher.queued_tokens == 1
    held.go.set()
    assert stays.future.result(10) == ["STAYS"]
    assert all("gone" not in batch for batch in held.batches)
    with pytest.raises(CancelledError):
        gone.future.result(10)
    batcher.close()


def test_a_fault_is_its_own_requests_alone() -> None:
    held = Held()

    def run(items: Sequence[str]) -> list[str]:
        held(items)
        if "bad" in items:
            raise ValueError("bad")
        return list(items)

    batcher = Batcher(run, batch_tokens=100)
    batcher.submit("a", ["x"], [1])
    assert held.begun.wait(10)
    bad = batcher.submit("b", ["bad", "more"], [1, 1])
    good = batcher.submit("c", ["good"], [1])
    held.go.set()
    assert good.future.result(10) == ["good"]
    with pytest.raises(ValueError, match="bad"):
        bad.future.result(10)
    assert batcher.queued_tokens == 0
    batcher.close()


def test_closing_runs_what_is_queued_first() -> None:
    held = Held()
    batcher = Batcher(held, batch_tokens=1)
    jobs = [batcher.submit("a", [str(n)], [1]) for n in range(5)]
    held.go.set()
    batcher.close()
    assert [job.future.result(0) for job in jobs] == [["0"], ["1"], ["2"], ["3"], ["4"]]
    with pytest.raises(RuntimeError):
        batcher.submit("a", ["late"], [1])


@given(
    requests=st.lists(
        st.tuples(st.sampled_from("abc"), st.lists(st.integers(1, 5_000), max_size=6)), max_size=12
    ),
    batch_tokens=st.integers(1, 6_000),
    threads=st.integers(1, 3),
)
def test_every_item_gets_its_own_result(
    requests: list[tuple[str, list[int]]], batch_tokens: int, threads: int
) -> None:
    sizes = []

    def run(items: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
        sizes.append((len(items), sum(cost for _, _, cost in items)))
        return list(items)

    batcher = Batcher(run, batch_tokens=batch_tokens, threads=threads)
    jobs = []
    for number, (client, costs) in enumerate(requests):
        items = [(number, place, cost) for place, cost in enumerate(costs)]
        jobs.append((items, batcher.submit(client, items, costs)))
    for items, job in jobs:
        assert job.future.result(10) == items
    batcher.close()
    assert batcher.queued_tokens == 0
    assert all(count == 1 or tokens <= batch_tokens for count, tokens in sizes)


def test_a_wrong_number_of_results_is_a_fault_and_not_the_end_of_the_thread() -> None:
    batcher = Batcher(lambda items: [item for item in items if item != "lost"], batch_tokens=100)
    bad = batcher.submit("a", ["lost", "b"], [1, 1])
    assert isinstance(bad.future.exception(10), ArithmeticError)
    assert batcher.submit("a", ["c"], [1]).future.result(10) == ["c"]
    batcher.close()


def test_a_clock_that_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.perf_counter", lambda: 1.0)
    batcher = Batcher(list, batch_tokens=1)
    for _ in range(2):
        assert batcher.submit("a", ["b"], [1]).future.result(10) == ["b"]
    batcher.close()


def test_no_more_waits_than_may_of_all_and_of_each_client() -> None:
    held = Held()
    batcher = Batcher(held, batch_tokens=1, most=12, most_of_client=6)
    batcher.submit("a", ["x"], [1])
    assert held.begun.wait(10)
    gone = batcher.submit("a", ["y", "z"], [2, 3])
    with pytest.raises(QueueFull, match="of this client"):
        batcher.submit("a", ["v"], [2])
    last = batcher.submit("b", ["w"], [7])
    with pytest.raises(QueueFull, match="As many tokens wait"):
        batcher.submit("c", ["v"], [1])
    assert batcher.queued_tokens == 12
    batcher.cancel(gone)
    assert batcher.queued_tokens == 7
    again = batcher.submit("a", ["u"], [5])
    held.go.set()
    assert (last.future.result(10), again.future.result(10)) == (["W"], ["U"])
    assert batcher.queued_tokens == 0
    batcher.close()


def test_where_nothing_waits_any_job_is_taken() -> None:
    batcher = Batcher(
        lambda items: [item.upper() for item in items], batch_tokens=1, most=2, most_of_client=1
    )
    assert batcher.submit("a", ["x", "y"], [5, 5]).future.result(10) == ["X", "Y"]
    batcher.close()
