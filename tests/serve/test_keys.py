"""Keys: made once, kept as hashes, revoked at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pertinent.errors import DataError, UsageError
from pertinent.serve.keys import Key, KeyFile


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "home" / "keys.json")


def test_a_key_is_found_by_its_secret_alone(keys: KeyFile) -> None:
    key, secret = keys.add("ward", ["rerank", "search:notes"])
    assert keys.find(secret) == key
    assert keys.find(secret[:-1]) is None
    assert keys.find(key.sha256) is None
    assert keys.find("") is None


def test_the_file_holds_no_secret_and_is_the_owners_alone(keys: KeyFile) -> None:
    _, secret = keys.add("ward", ["rerank"])
    assert secret not in keys.path.read_text()
    assert secret.removeprefix("pt_") not in keys.path.read_text()
    assert keys.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in keys.path.parent.iterdir()] == ["keys.json"]


def test_another_process_sees_what_changes(keys: KeyFile) -> None:
    other = KeyFile(keys.path)
    assert other.all() == []
    _, first = keys.add("one", ["rerank"])
    _, second = keys.add("two", ["admin"])
    assert other.find(first)
    assert other.find(second)
    keys.revoke("one")
    assert other.find(first) is None
    assert other.find(second)


def test_scopes(keys: KeyFile) -> None:
    key, _ = keys.add("ward", ["search:notes", "rerank"])
    assert [key.may(scope) for scope in ("rerank", "search:notes", "search:other", "admin")] == [
        True, True, False, False,
    ]  # fmt: skip
    wide, _ = keys.add("all", ["search:*"])
    assert wide.may("search:other")
    assert not wide.may("rerank")
    admin, _ = keys.add("root", ["admin"])
    assert all(admin.may(scope) for scope in ("rerank", "search:x", "admin"))


@pytest.mark.parametrize("scopes", [[], ["reran"], ["search:"], ["search:../x"], ["rerank", "Admin"]])
def test_unknown_scopes_are_refused(keys: KeyFile, scopes: list[str]) -> None:
    with pytest.raises(UsageError):
        keys.add("ward", scopes)
    assert not keys.path.exists()


def test_a_name_is_given_once(keys: KeyFile) -> None:
    key, _ = keys.add("ward", ["rerank"])
    with pytest.raises(UsageError):
        keys.add("ward", ["rerank"])
    with pytest.raises(UsageError):
        keys.add("a name", ["rerank"])
    assert keys.revoke(key.id) == key
    with pytest.raises(UsageError):
        keys.revoke("ward")
    keys.add("ward", ["rerank"])


def test_a_damaged_file_opens_nothing(keys: KeyFile) -> None:
    _, secret = keys.add("ward", ["rerank"])
    keys.path.write_text('{"keys": [{"id": 1}]}')
    with pytest.raises(DataError) as raised:
        keys.find(secret)
    assert secret not in str(raised.value)


def test_what_is_revoked_does_not_come_back_by_a_key_that_is_made_meanwhile(
    keys: KeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = keys.add("one", ["rerank"])
    other = KeyFile(keys.path)
    written = other._write
    revoking = threading.Thread(target=keys.revoke, args=("one",))

    def write(rows: list[Key]) -> None:
        revoking.start()
        revoking.join(0.2)
        written(rows)

    monkeypatch.setattr(other, "_write", write)
    other.add("two", ["rerank"])
    revoking.join(10)
    assert [key.name for key in other.all()] == ["two"]
    assert other.find(secret) is None
