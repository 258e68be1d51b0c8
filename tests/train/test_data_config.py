"""What a configuration refuses of its sources before anything runs."""

from __future__ import annotations

import pytest

from pertinent.errors import UsageError
from pertinent.train.config import TrainConfig, parse_config

NEEDED = """
folder = "work"
student = { kind = "embedder", base = "minilm" }
distil = { steps = 10, losses = [{ name = "info_nce" }] }
"""


def parsed(section: str) -> TrainConfig:
    return parse_config(f"{NEEDED}\n{section}")


PROVIDER = """
[synthesise]
kinds = ["provider"]
[synthesise.provider]
model = "writer"
address = "{}"
"""


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8000/v1", "https://api.example.org/v1/", "http://[::1]:8000", "http://localhost"],
)
def test_addresses_of_providers(address: str) -> None:
    written = parsed(PROVIDER.format(address)).synthesise
    assert written is not None
    assert written.provider is not None
    assert written.provider.address == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "127.0.0.1:8000",
        "ftp://host/v1",
        "https://user:secret@host/v1",
        "https://host/v1?key=secret",
        "http://",
    ],
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(UsageError, match="address") as caught:
        parsed(PROVIDER.format(address))
    assert "secret" not in str(caught.value)


def test_a_key_in_the_place_of_its_variable_is_not_repeated() -> None:
    with pytest.raises(UsageError, match="key_variable") as caught:
        parsed(PROVIDER.format("http://localhost") + 'key_variable = "sk-secret"')
    assert "secret" not in str(caught.value)


def test_a_provider_that_has_nothing_to_do() -> None:
    with pytest.raises(UsageError, match="kinds does not name it"):
        parsed(PROVIDER.format("http://localhost").replace('["provider"]', '["title"]'))
