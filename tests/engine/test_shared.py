"""One object per key, whoever asks first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from pertinent.engine.shared import OncePerKey


def test_threads_that_ask_together_get_the_same_object() -> None:
    made: list[int] = []
    begun = Event()
    things = OncePerKey[object]()

    def make() -> object:
        begun.set()
        made.append(1)
        return object()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: things.get("a", make), range(32)))
    assert begun.is_set()
    assert len(made) == 1
    assert all(thing is found[0] for thing in found)


def test_a_failure_is_tried_again() -> None:
    things = OncePerKey[str]()

    def fail() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        things.get("a", fail)
    assert things.get("a", lambda: "yes") == "yes"
