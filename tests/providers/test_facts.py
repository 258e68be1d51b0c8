from __future__ import annotations

from typing import Any

import pytest

from pertinent.providers.catalogue import DIALECTS


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda which: which.name)
def test_a_dialect_says_its_facts(dialect: Any) -> None:
    assert dialect.name
    assert dialect.mount.isalnum()
    assert dialect.rerank_paths or dialect.embed_paths
    assert all(path.startswith("/") for path in (*dialect.rerank_paths, *dialect.embed_paths))
    assert dialect.address == "" or (
        dialect.address.startswith("https://") and not dialect.address.endswith("/")
    )
    assert not dialect.address or dialect.key_variable.isupper()
    assert all(price > 0 for price in dialect.prices.values())
