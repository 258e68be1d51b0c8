from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pertinent.providers.breaker import Breaker


def test_it_opens_tries_and_closes() -> None:
    breaker = Breaker(threshold=3, cooldown=30)
    for _ in range(2):
        breaker.failed(0)
    assert breaker.state(0) == "closed"
    breaker.failed(0)
    assert (breaker.state(29), breaker.wait(29)) == ("open", 1)
    assert (breaker.state(30), breaker.wait(30)) == ("half-open", 0)
    breaker.begin(30)
    assert breaker.wait(30) == 30, "one tries, the others wait"
    breaker.failed(31)
    assert (breaker.state(60), breaker.state(61)) == ("open", "half-open")
    breaker.begin(61)
    breaker.succeeded()
    assert (breaker.state(61), breaker.wait(61), breaker.failures) == ("closed", 0, 0)


def test_a_success_between_failures_keeps_it_closed() -> None:
    breaker = Breaker(threshold=2)
    for _ in range(10):
        breaker.failed(0)
        breaker.succeeded()
    assert breaker.state(0) == "closed"


def test_a_trial_that_is_given_up_lets_another_try() -> None:
    breaker = Breaker(threshold=1, cooldown=30)
    breaker.failed(0)
    breaker.begin(30)
    breaker.abandoned()
    assert breaker.wait(30) == 0


@given(st.lists(st.sampled_from(["ask", "fail", "pass", "wait"]), max_size=80))
def test_never_two_requests_to_an_endpoint_that_is_unwell(steps: list[str]) -> None:
    breaker = Breaker(threshold=2, cooldown=10)
    now, running = 0.0, 0
    for step in steps:
        if step == "wait":
            now += 11
        elif step == "ask" and not breaker.wait(now):
            breaker.begin(now)
            running += 1
            if breaker.state(now) == "half-open":
                assert breaker.wait(now) > 0
        elif running and step in {"fail", "pass"}:
            running -= 1
            if step == "fail":
                breaker.failed(now)
            else:
                breaker.succeeded()
        assert breaker.wait(now) >= 0
