from __future__ import annotations

import dataclasses

import pytest

from pertinent import types

RECORDS = [
    record for record in vars(types).values() if isinstance(record, type) and dataclasses.is_dataclass(record)
]


@pytest.mark.parametrize("record", RECORDS)
def test_records_are_frozen_and_slotted(record: type) -> None:
    assert record.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(record)


def test_every_word_is_listed() -> None:
    assert types.__all__ == sorted(types.__all__)
    assert len(RECORDS) == 16
