from __future__ import annotations

import gc
import threading
import time
import weakref
from concurrent.futures import Future

import pytest

from pertinent.engine import aside
from pertinent.errors import Abandoned, LocalOnlyError, ModelError
from pertinent.providers.account import accounting, note
from pertinent.providers.leaving import require_leave, texts_stay
from pertinent.rerankers.timed import AT_ONCE, LARGEST_PART, Deadline, Timed, ready, score_timed
from pertinent.types import Failover, Progress, Scores
from support import slow_models
from support.fakes import Clock, Counting, within
from support.slow_models import Stuck


class Slow(Counting):
    """Takes so many seconds of a clock for each text."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        super().__init__("slow")
        self.clock, self.seconds = clock, seconds
        self.parts: list[int] = []

    def score(self, query, documents, instruction=None, *, progress=None) -> Scores:  # type: ignore[no-untyped-def]
        self.parts.append(len(documents))
        self.clock.sleep(self.seconds * len(documents))
        scores = super().score(query, documents, instruction)
        if progress is not None:
            progress(len(documents), len(documents))
        return scores


def told_by(scorer: Counting, count: int, deadline: Deadline, progress: Progress | None = None) -> Timed:
    return score_timed(scorer, "q", ["x"] * count, None, deadline, progress=progress)


def test_as_many_are_scored_as_time_allows_and_the_end_is_kept() -> None:
    clock = Clock()
    slow = Slow(clock, 0.1)
    timed = told_by(slow, 100, Deadline(2.05, clock.perf_counter))
    assert timed.error is None
    assert 10 <= len(timed.scores) <= 20
    assert clock.now <= 2.1
    assert slow.parts[0] == 1, "the first part tells the pace"
    assert max(slow.parts) <= LARGEST_PART


def test_parts_grow_only_to_the_largest() -> None:
    clock = Clock()
    slow = Slow(clock, 1e-4)
    assert len(told_by(slow, 100, Deadline(1000.0, clock.perf_counter)).scores) == 100
    assert max(slow.parts) == LARGEST_PART


def test_after_the_end_nothing_is_scored() -> None:
    scorer = Counting("a")
    assert told_by(scorer, 3, within(-1)) == Timed(())
    assert scorer.calls == 0


def test_what_was_scored_before_a_fault_is_kept() -> None:
    class Failing(Counting):
        def score(self, query, documents, instruction=None, *, progress=None) -> Scores:  # type: ignore[no-untyped-def]
            if self.calls:
                raise ModelError("It broke.", hint="Mend it.")
            return super().score(query, documents, instruction)

    timed = told_by(Failing("a"), 50, within(60))
    assert len(timed.scores) == 1
    assert isinstance(timed.error, ModelError)


def test_progress_counts_all_documents() -> None:
    told: list[tuple[int, int]] = []
    clock = Clock()
    told_by(Slow(clock, 1e-4), 40, Deadline(9.0, clock.perf_counter), lambda *of: told.append(of))
    assert told == sorted(told)
    assert told[-1] == (40, 40)
    assert {total for _, total in told} == {40}


def test_a_scorer_that_keeps_deadlines_is_asked_once() -> None:
    class Keeping(Counting):
        def score_timed(self, query, documents, instruction, deadline, *, progress=None) -> Timed:  # type: ignore[no-untyped-def]
            return Timed(self.score(query, documents[:2], instruction))

    scorer = Keeping("a")
    assert len(told_by(scorer, 9, within(60)).scores) == 2
    assert scorer.calls == 1


@pytest.mark.parametrize(("share", "left"), [(0.5, 1.0), (1.0, 2.0), (0.0, 0.0)])
def test_a_part_of_a_deadline_is_of_what_is_left(share: float, left: float) -> None:
    assert Deadline(5.0, lambda: 3.0).part(share).left == pytest.approx(left)


def test_a_scorer_in_the_middle_of_a_text_is_left_behind() -> None:
    stuck = Stuck()
    begun = time.monotonic()
    timed = score_timed(stuck, "q", ["x"] * 20, None, within(0.3))
    assert time.monotonic() - begun < 10
    assert timed == Timed(())
    stuck.go.set()


def test_what_was_scored_before_one_is_left_behind_is_kept() -> None:
    timed = score_timed(slow_models.Slow(), "q", ["x"] * 20, None, within(0.7))
    assert 0 < len(timed.scores) < 20
    assert timed.error is None


def test_one_that_was_left_behind_ends_when_it_tells_its_progress() -> None:
    ended = threading.Event()

    class Telling(Counting):
        def score(self, query, documents, instruction=None, *, progress=None) -> Scores:  # type: ignore[no-untyped-def]
            try:
                while True:
                    time.sleep(0.05)
                    progress(0, 1)
            finally:
                ended.set()

    told_by(Telling("a"), 20, within(0.2))
    assert ended.wait(10)


def test_where_all_turns_are_stuck_a_call_ends_in_time_and_nothing_is_kept_of_it() -> None:
    class Texts(list[str]):
        pass

    stuck = Stuck()
    while stuck.begun < AT_ONCE:  # on a busy machine a turn may end before it has begun
        score_timed(stuck, "q", ["x"], None, within(0.05))
    texts = Texts(["x"])
    kept = weakref.ref(texts)
    begun = time.monotonic()
    assert score_timed(Counting("a"), "q", texts, None, within(0.3)) == Timed(())
    assert time.monotonic() - begun < 10
    del texts
    gc.collect()
    assert kept() is None
    stuck.go.set()
    assert len(told_by(Counting("a"), 1, within(60)).scores) == 1, "turns come back"


def test_a_thread_that_cannot_be_had_costs_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_thread(work: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(aside, "begun", no_thread)
        for _ in range(AT_ONCE + 1):
            assert isinstance(told_by(Counting("a"), 1, within(60)).error, RuntimeError)
    assert len(told_by(Counting("a"), 1, within(60)).scores) == 1


def test_texts_that_stay_here_stay_in_the_thread_too() -> None:
    class Sending(Counting):
        def score(self, query, documents, instruction=None, *, progress=None) -> Scores:  # type: ignore[no-untyped-def]
            require_leave("it")
            return super().score(query, documents)

    with texts_stay():
        assert isinstance(told_by(Sending("a"), 1, within(60)).error, LocalOnlyError)
    assert told_by(Sending("a"), 1, within(60)).error is None


def test_who_looks_at_the_clock_may_end_it() -> None:
    looks = iter([0.0] * 3)

    def clock() -> float:
        if next(looks, None) is None:
            raise Abandoned
        return 0.0

    stuck = Stuck()
    with pytest.raises(Abandoned):
        score_timed(stuck, "q", ["x"], None, Deadline(60.0, clock))
    stuck.go.set()


def test_what_it_costs_is_told_to_whoever_asked() -> None:
    class Noting(Counting):
        def score(self, query, documents, instruction=None, *, progress=None) -> Scores:  # type: ignore[no-untyped-def]
            note(Failover("it", "why"))
            return super().score(query, documents)

    with accounting() as account:
        told_by(Noting("a"), 1, within(60))
    assert [one.name for one in account.failovers] == ["it"]


def test_a_wait_ends_at_its_time_or_when_nobody_waits() -> None:
    never: Future[str] = Future()
    hands = iter(range(100))
    assert ready(never, Deadline(2.5, lambda: float(next(hands)))) is None
    stopped = threading.Event()

    def clock() -> float:
        if stopped.is_set():
            raise Abandoned
        stopped.set()
        return 0.0

    with pytest.raises(Abandoned):
        ready(never, Deadline(60.0, clock))
