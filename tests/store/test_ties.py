from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pertinent.store import ties
from pertinent.store.points import to_payload
from pertinent.store.ties import best_lists
from pertinent.types import Passage


@dataclass
class Point:
    id: str
    score: float
    payload: Any = field(repr=False, default=None)

    def __post_init__(self) -> None:
        self.payload = to_payload(Passage(self.id, "d", "text"), "fingerprint")


class Engine:
    """Cuts equal scores anywhere, as engines do."""

    def __init__(self, **lists: list[Point]) -> None:
        self.lists = lists
        self.asked: list[tuple[list[str], int]] = []

    def __call__(self, queries: list[str], limit: int) -> list[list[Point]]:
        self.asked.append((list(queries), limit))
        return [self.lists[name][:limit] for name in queries]


def best(engine: Engine, limit: int) -> dict[str, list[str]]:
    found = best_lists({name: name for name in engine.lists}, limit, engine)
    return {name: [one.passage.id for one in hits] for name, hits in found.items()}


def test_equal_scores_go_by_id_wherever_the_engine_cuts() -> None:
    engine = Engine(one=[Point("z", 2.0), *(Point(name, 1.0) for name in "ydcba")])
    assert best(engine, 3) == {"one": ["z", "a", "b"]}
    assert [limit for _, limit in engine.asked] == [4, 16]


def test_a_list_that_is_settled_is_not_asked_for_again() -> None:
    engine = Engine(tied=[Point(name, 1.0) for name in "cba"], clear=[Point("a", 2.0), Point("b", 1.0)])
    assert best(engine, 1) == {"tied": ["a"], "clear": ["a"]}
    assert [queries for queries, _ in engine.asked] == [["tied", "clear"], ["tied"]]


def test_endless_ties_come_to_an_end() -> None:
    engine = Engine(one=[Point(f"{number:06}", 1.0) for number in range(2 * ties._MOST_TIES)])
    assert len(best(engine, 10)["one"]) == 10
    assert engine.asked[-1][1] < 4 * ties._MOST_TIES


@given(
    st.lists(st.tuples(st.text("abcdef", min_size=1), st.integers(0, 3)), unique_by=lambda pair: pair[0]),
    st.integers(1, 8),
)
def test_the_best_do_not_depend_on_the_engines_order(pairs: list[tuple[str, int]], limit: int) -> None:
    points = [Point(name, float(score)) for name, score in pairs]
    falling = sorted(points, key=lambda point: -point.score)
    points.reverse()
    turned = sorted(points, key=lambda point: -point.score)
    expected = [point.id for point in sorted(points, key=lambda point: (-point.score, point.id))][:limit]
    assert best(Engine(one=falling), limit) == best(Engine(one=turned), limit) == {"one": expected}
