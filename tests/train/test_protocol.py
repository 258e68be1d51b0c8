from __future__ import annotations

import pytest
import torch

from pertinent.train.protocol import SEQUENCES_AT_ONCE, fill_rows, run_by_length


def test_sequences_run_with_those_of_like_length_and_come_back_in_order() -> None:
    lengths = [(7 * number) % 50 + 1 for number in range(2 * SEQUENCES_AT_ONCE["cpu"] + 3)]
    groups: list[list[int]] = []

    def run(group: list[int]) -> torch.Tensor:
        groups.append([lengths[place] for place in group])
        return torch.tensor(group, dtype=torch.float64)

    found = run_by_length(range(len(lengths)), lengths, torch.device("cpu"), run)
    assert found.tolist() == list(range(len(lengths)))
    assert found.dtype == torch.float32
    assert [length for group in groups for length in group] == sorted(lengths)
    assert max(map(len, groups)) == SEQUENCES_AT_ONCE["cpu"]


@pytest.mark.parametrize("width", [(), (2,)])
def test_rows_are_filled_up_with_zeros(width: tuple[int, ...]) -> None:
    rows = fill_rows(torch.ones(5, *width), [1, 0, 4])
    assert rows.shape == (3, 4, *width)
    assert [int(row.sum()) // max(1, sum(width)) for row in rows] == [1, 0, 4]
