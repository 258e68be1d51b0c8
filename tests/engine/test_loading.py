from __future__ import annotations

from pertinent.engine.loading import load_now
from pertinent.types import Progress


class Heavy:
    def __init__(self) -> None:
        self.told: Progress | None = None
        self.loads = 0

    def load(self, *, progress: Progress | None = None) -> None:
        self.loads += 1
        self.told = progress


def test_what_can_be_loaded_is_and_hears_who_is_told() -> None:
    def told(done: int, total: int) -> None: ...

    heavy = Heavy()
    load_now(heavy, progress=told)
    assert (heavy.loads, heavy.told) == (1, told)


def test_what_has_nothing_to_load_is_left_alone() -> None:
    load_now(object())
