from __future__ import annotations

import sys

import pytest

from pertinent.errors import UsageError
from pertinent.evaluate.extra import require


def test_what_is_there_is_imported() -> None:
    assert require("json").loads("[1]") == [1]


def test_the_package_within_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.delitem(sys.modules, "scipy.stats", raising=False)
    with pytest.raises(UsageError, match="scipy") as refused:
        require("scipy.stats")
    assert "pertinent[eval]" in refused.value.hint
