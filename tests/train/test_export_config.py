from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from pertinent.train.export_config import ExportConfig


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"name": "a", "matrix_largest": 128},
        {"name": "a", "word_table_largest": -1},
        {"name": "a", "calibration": {"slope": 0}},
        {"name": "a", "final": {"weight": 1.1, "temperature": 1}},
        {"name": "a", "final": {"weight": 0.5, "temperature": 0}},
        {"name": "a", "unknown": 1},
    ],
    ids=str,
)
def test_what_cannot_be_stored_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ExportConfig.model_validate(wrong)


def test_the_plain_calibration_changes_nothing() -> None:
    plain = ExportConfig(name="a").calibration
    assert (plain.slope, plain.bias) == (1.0, 0.0)
