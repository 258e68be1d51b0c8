"""`pertinent keys`, and what `pertinent serve` refuses to start with."""

from __future__ import annotations

import json
from pathlib import Path

from pertinent.serve.keys import KeyFile
from support.command import Run


def test_keys_are_made_listed_and_revoked(run: Run, tmp_path: Path) -> None:
    made = run("keys", "add", "ward", "--scope", "rerank", "--scope", "search:notes", "--json")
    assert made.returncode == 0, made.stderr
    key = json.loads(made.stdout)
    assert key["scopes"] == ["rerank", "search:notes"]
    found = KeyFile(tmp_path / "home" / "keys.json").find(key["key"])
    assert found is not None
    assert found.name == "ward"
    listed = run("keys", "list")
    assert "ward" in listed.stdout
    assert key["key"] not in listed.stdout
    assert run("keys", "revoke", "ward").returncode == 0
    assert KeyFile(tmp_path / "home" / "keys.json").all() == []
    assert run("keys", "revoke", "ward").returncode == 2


def test_a_key_needs_a_scope_that_there_is(run: Run) -> None:
    wrong = run("keys", "add", "ward", "--scope", "everything")
    assert wrong.returncode == 2
    assert "search:COLLECTION" in wrong.stderr


def test_others_are_not_served_without_keys(run: Run) -> None:
    refused = run("serve", "--host", "0.0.0.0", "--no-keys")
    assert refused.returncode == 2
    assert "pertinent keys add" in refused.stderr
