from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pertinent.errors import UsageError
from pertinent.providers.remote_name import remote_name


def test_names_of_models_here_are_none() -> None:
    assert remote_name("Qwen/Qwen3-Reranker-0.6B@main") is None
    assert remote_name(Path("deepinfra:m")) is None
    assert remote_name("local:deepinfra:m") is None
    Path("deepinfra:m").mkdir()
    assert remote_name("deepinfra:m") is None, "a folder of that name wins"


def test_a_provider_or_an_address_is_one() -> None:
    found = remote_name("deepinfra:Qwen/Qwen3-Reranker-8B")
    assert found is not None
    assert (found.provider, found.model) == ("deepinfra", "Qwen/Qwen3-Reranker-8B")
    there = remote_name("http://127.0.0.1:8000/v1/rerank#m")
    assert there is not None
    assert there.provider == "127.0.0.1:8000"
    with pytest.raises(UsageError, match="nobody"):
        remote_name("nobody:m")


def test_most_names_are_read_with_nothing_loaded() -> None:
    code = (
        "import sys; from pertinent.providers.remote_name import remote_name; remote_name('ORG/NAME');"
        "print('pydantic' in sys.modules, 'httpx2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
