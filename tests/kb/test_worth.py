from __future__ import annotations

from typing import Any

import pytest

from pertinent.kb.worth import verdict


@pytest.mark.parametrize(
    ("differences", "words"),
    [
        ({"P@5": (0.01, 0.2), "MRR@10": (0.1, 0.2)}, "raised P@5, MRR@10, by more"),
        ({"P@5": (0.01, 0.2), "MRR@10": (-0.2, -0.1)}, "raised P@5 and lowered MRR@10, by more"),
        ({"P@5": (0.0, 0.2)}, "No difference is more than chance"),
    ],
)
def test_only_an_interval_without_zero_is_a_gain(differences: dict[str, Any], words: str) -> None:
    assert words in verdict(differences, 20)
    assert "Fewer than 20" in verdict(differences, 19)
