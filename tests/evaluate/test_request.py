from __future__ import annotations

from typing import Any

import pytest

from pertinent.errors import DataError, UsageError
from pertinent.evaluate.request import BOUNDS, Request


def test_it_survives_a_run_card() -> None:
    asked = Request(("a", "b"), stages=("bm25",), metrics=("P@5",), bm25_k=0.9, max_tokens=256, queries=7)
    assert Request.from_dict(asked.to_dict()) == asked


@pytest.mark.parametrize("changes", [{"stages": ("bm52",)}, {"stages": ()}, {"paths": ()}])
def test_nothing_to_do_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Request(**({"paths": ("a",)} | changes))


@pytest.mark.parametrize("name", BOUNDS)
def test_every_number_has_bounds(name: str) -> None:
    least, most = BOUNDS[name]
    for inside in (least, most):
        assert getattr(Request(("a",), **{name: inside}), name) == inside
    for outside in (least - 1, most + 1, float("nan")):
        with pytest.raises(UsageError, match=name):
            Request(("a",), **{name: outside})


@pytest.mark.parametrize("values", [{}, {"paths": ["a"], "speed": 3}, {"paths": ["a"], "candidates": "many"}])
def test_a_damaged_card_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises((DataError, UsageError)):
        Request.from_dict(values)
