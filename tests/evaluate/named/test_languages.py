from __future__ import annotations

import pytest

from pertinent.evaluate.named.languages import _NAMES, NEUTRAL, bm25_language
from pertinent.store import bm25


@pytest.mark.parametrize("name", [*_NAMES, NEUTRAL])
def test_every_name_is_one_that_an_index_takes(name: str) -> None:
    bm25.check_language(name)


def test_codes() -> None:
    assert bm25_language("DE") == bm25_language("deu-Latn") == "german"
    assert bm25_language("") == bm25_language("xx") == NEUTRAL == bm25.NEUTRAL
