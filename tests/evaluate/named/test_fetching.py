from __future__ import annotations

import pytest

from pertinent.errors import DataError, FetchError
from pertinent.evaluate.named.fetching import FROM_HUB, fetching


def test_faults_are_told_without_what_they_say() -> None:
    with pytest.raises(FetchError) as caught, fetching("mteb:SciFact", FROM_HUB):
        raise OSError("https://signed.example/secret")
    assert caught.value.message == "mteb:SciFact cannot be loaded (OSError)."
    assert "secret" not in str(caught.value)
    assert "HF_HOME" in caught.value.hint


def test_errors_of_ours_and_interrupts_pass() -> None:
    with pytest.raises(DataError), fetching("x", FROM_HUB):
        raise DataError("No.", hint="Well.")
    with pytest.raises(KeyboardInterrupt), fetching("x", FROM_HUB):
        raise KeyboardInterrupt
