from __future__ import annotations

import subprocess
import sys

import pytest

import pertinent.evaluate


def test_every_public_name_is_there_and_told() -> None:
    for name in pertinent.evaluate.__all__:
        assert getattr(pertinent.evaluate, name).__name__ == name
    assert dir(pertinent.evaluate) == sorted(pertinent.evaluate.__all__)
    with pytest.raises(AttributeError, match="no attribute"):
        pertinent.evaluate.no_such_name  # noqa: B018


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, pertinent.evaluate; print(sorted({'numpy', 'torch', 'scipy'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "[]"
