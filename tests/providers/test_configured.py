from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from pertinent import Reranker
from pertinent.errors import PertinentError, SettingsError, UsageError
from pertinent.providers.configured import RemoteName, configure, configured_for, has_key

KEY = "sk-a-key-that-nobody-may-see"


def settings(text: str) -> None:
    Path("pertinent.toml").write_text(text)


def test_a_dialect_needs_no_section() -> None:
    found = configure("deepinfra")
    assert (found.address, found.key_variable) == ("https://api.deepinfra.com", "DEEPINFRA_TOKEN")
    assert found.endpoint("/v1/x") == "https://api.deepinfra.com/v1/x"


def test_the_key_of_a_dialect_goes_to_its_own_address_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPINFRA_TOKEN", KEY)
    settings('[providers.deepinfra]\naddress = "http://elsewhere:8000"\n')
    assert configure("deepinfra").key_variable == ""
    found, _ = configured_for(RemoteName("deepinfra", "m"), "reranker")
    assert found.key == ""


def test_keys_come_from_the_environment_then_from_the_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    settings('[providers.ours]\ndialect = "cohere"\naddress = "http://ours"\nkey_variable = "OURS"\n')
    Path(".env").write_text(f"OURS={KEY}-1\n")
    assert configured_for(RemoteName("ours", "m"), "reranker")[0].key == f"{KEY}-1"
    monkeypatch.setenv("OURS", f"{KEY}-2")
    found, _ = configured_for(RemoteName("ours", "m"), "reranker")
    assert found.key == f"{KEY}-2"
    assert KEY not in repr(found)
    assert has_key(configure("ours"))
    assert not has_key(configure("cohere"))


@pytest.mark.parametrize("key", ["two\nlines", "schlüssel"])
def test_what_cannot_be_a_key_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("CO_API_KEY", key)
    with pytest.raises(SettingsError, match="CO_API_KEY") as caught:
        Reranker("cohere:m")
    assert key not in str(caught.value)


def test_limits_of_the_settings_go_before_those_of_the_dialect() -> None:
    settings("[providers.cohere.limits]\ndocuments = 10\n")
    assert (configure("cohere").limits.documents, configure("cohere").limits.texts) == (10, 96)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('dialect = "coher"\naddress = "http://x"', "coher"),
        ('address = "http://x"', "dialect of .* is not named"),
        ('dialect = "tei"', "no address"),
        ('dialect = "tei"\naddress = "ftp://x"', "cannot be used"),
        ('dialect = "tei"\naddress = "http://user:word@x"', "cannot be used"),
        ('dialect = "tei"\naddress = "http://x?key=1"', "cannot be used"),
        ('dialect = "tei"\naddress = "http://x"\nkey = "sk-1"', "key"),
        ('dialect = "tei"\naddress = "http://x"\nkey_variable = "A B"', "key_variable"),
        ('dialect = "tei"\naddress = "http://x"\ndeadline = 0', "deadline"),
    ],
)
def test_sections_that_cannot_be_are_refused(text: str, says: str) -> None:
    settings(f"[providers.ours]\n{text}\n")
    with pytest.raises(SettingsError, match=says) as caught:
        configure("ours")
    assert "sk-1" not in str(caught.value)
    assert "word" not in str(caught.value).replace("password", "")


def test_a_whole_address_names_its_dialect() -> None:
    settings('[providers.ours]\naddress = "http://x/v1/inference/a/b"\n')
    found = configure("ours")
    assert (found.dialect.name, found.endpoint("/ignored")) == ("deepinfra", "http://x/v1/inference/a/b")


def test_names() -> None:
    assert RemoteName.parse("http://host:1/v1/rerank#a/b") == RemoteName(
        "host:1", "a/b", "http://host:1/v1/rerank"
    )


@pytest.mark.parametrize(
    "name",
    [
        "nobody:m",
        "deepinfra:",
        "http://",
        "http://host",
        "http://host/nothing/known",
        "http://a:b@host/v1/rerank",
        "http://host/v1/rerank?key=1",
        "http://host:99999/v1/rerank",
        "openai:gpt",
    ],
)
def test_names_that_lead_nowhere_are_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DEEPINFRA_TOKEN", "OPENAI_API_KEY"):
        monkeypatch.setenv(variable, KEY)
    with pytest.raises((UsageError, SettingsError)) as caught:
        Reranker(name)
    assert isinstance(caught.value, PertinentError)
    assert caught.value.hint


def test_a_default_model_of_a_section() -> None:
    settings('[providers.ours]\ndialect = "tei"\naddress = "http://x"\nreranker = "m"\n')
    assert configured_for(RemoteName("ours", ""), "reranker")[1] == "m"


def test_an_error_of_a_provider_survives_the_trip_between_processes() -> None:
    from pertinent.errors import ProviderRefused

    error = ProviderRefused("No.", hint="Mend it.", provider="p", status=403)
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.message, copy.provider, copy.status) == ("No.", "p", 403)


def test_a_reranker_travels_between_processes_without_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPINFRA_TOKEN", "the-secret")
    reranker = Reranker("deepinfra:Qwen/Qwen3-Reranker-8B")
    packed = pickle.dumps(reranker)
    assert b"the-secret" not in packed
    assert pickle.loads(packed).model == reranker.model
    monkeypatch.setenv("DEEPINFRA_TOKEN", "another")
    assert pickle.loads(pickle.dumps(configure("deepinfra"))).key == "another"
    monkeypatch.delenv("DEEPINFRA_TOKEN")
    with pytest.raises(SettingsError, match="DEEPINFRA_TOKEN"):
        pickle.loads(packed)
