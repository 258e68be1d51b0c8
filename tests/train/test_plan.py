from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.errors import UsageError
from pertinent.train.plan import plan
from support.small_run import small_place, small_run


def test_a_plan_counts_and_times_and_makes_nothing(tmp_path: Path) -> None:
    planned = plan(small_run(tmp_path), small_place(tmp_path))
    assert planned.stages == ("examples", "mine", "label", "distil", "export")
    assert planned.examples == 3 + 2
    assert planned.pairs == 5 + 2 + 2 * 5
    assert planned.teacher_pairs == 2 * planned.pairs
    assert planned.training_pairs == 2 * 2 * 2
    assert planned.training_seconds > 0
    assert planned.teacher_seconds > 0
    assert not (tmp_path / "work").exists()
    assert len(list(planned.lines())) == 4


def test_without_examples_there_is_nothing_to_plan(tmp_path: Path) -> None:
    place = small_place(tmp_path)
    empty = small_run(tmp_path, data=[{"path": "small", "split": "test", "skip": 99}])
    with pytest.raises(UsageError, match="no examples"):
        plan(empty, place)
