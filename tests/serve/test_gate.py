from __future__ import annotations

import pytest

from pertinent.serve.gate import LONGEST_WAIT, Gate
from pertinent.serve.refusals import Refusal


def refused(gate: Gate, client: str) -> Refusal:
    with pytest.raises(Refusal) as caught, gate.place(client):
        pass
    return caught.value


def test_places_are_taken_and_given_back() -> None:
    gate = Gate(3, 2, lambda: 0.0)
    with gate.place("a"), gate.place("a"):
        assert gate.taken == 2
        assert "This client" in refused(gate, "a").message
        with gate.place("b"):
            assert refused(gate, "c").status == 429
    assert gate.taken == 0


def test_a_place_is_given_back_where_the_work_failed() -> None:
    gate = Gate(1, 1, lambda: 0.0)
    with pytest.raises(ValueError, match="broke"), gate.place("a"):
        raise ValueError("it broke")
    with gate.place("a"):
        assert gate.taken == 1


@pytest.mark.parametrize(("seconds", "told"), [(0.0, 1), (2.1, 3), (1e9, LONGEST_WAIT)])
def test_a_refusal_says_when_to_come_back(seconds: float, told: int) -> None:
    assert refused(Gate(0, 0, lambda: seconds), "a").retry_after == told


def test_while_it_ends_nobody_gets_a_place_and_who_has_one_keeps_it() -> None:
    gate = Gate(9, 9, lambda: 0.0)
    with gate.place("a"):
        gate.draining = True
        assert refused(gate, "a").status == 503
        assert gate.taken == 1
    assert gate.taken == 0
