from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pertinent.cli.commands import app
from pertinent.errors import PertinentError
from pertinent.search.collection import Collection
from pertinent.store.server.layout import ServerLayout
from pertinent.store.server.shard import ServerShard
from pertinent.types import Document
from support.servers import InMemory

URL = ("--url", "https://server.example:6333")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["collections", *arguments])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> InMemory:
    client = InMemory()
    for place in ("connection", "link"):
        monkeypatch.setattr(f"pertinent.store.server.{place}.connect", lambda address: client)
    with Collection("notes") as notes:
        notes.add([Document("1", "Metformin lowers glucose."), Document("2", "It rained all day.")])
    return client


def test_push_pull_and_link(server: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    layouts: list[ServerLayout] = []
    create = ServerShard.create
    monkeypatch.setattr(
        ServerShard,
        "create",
        lambda self, manifest, layout: (layouts.append(layout), create(self, manifest, layout))[1],
    )
    pushed = run(
        "push", "notes", *URL, "--shards", "2", "--replicas", "3", "--quantization", "scalar", "--json"
    )
    assert pushed.exit_code == 0, pushed.output
    told = json.loads(pushed.stdout)
    assert (told["pushed"], told["documents"], told["sent"], told["agreement"]) == ("notes", 2, 2, 1.0)
    assert told["server"] == "server.example:6333"
    assert layouts == [ServerLayout(2, 3, "scalar")]
    assert layouts[0].parameters(8)["write_consistency_factor"] == 2

    assert "0 documents copied" in run("push", "notes", *URL).stdout
    assert "2 documents copied" in run("pull", "copy", *URL, "--remote-name", "notes").stdout
    assert json.loads(run("copy", "--json").stdout)["documents"] == 2
    assert "2 documents" in run("link", "there", *URL, "--remote-name", "notes").stdout
    assert json.loads(run("there", "--json").stdout)["identity"] == told_identity("notes")
    assert [row["name"] for row in json.loads(run("--json").stdout)] == ["copy", "notes", "there"]
    assert run("there", "--delete", "--yes").exit_code == 0
    assert server.collection_exists("notes")


def told_identity(name: str) -> str:
    return str(json.loads(run(name, "--json").stdout)["identity"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("push", "absent", *URL), "no collection 'absent'"),
        (("push", "notes"), "No Qdrant server is named"),
        (("push", "notes", "--url", "server"), "cannot be used"),
        (("push", "notes", *URL, "--remote-name", "a/b"), "no name for a collection"),
        (("pull", "new", *URL), "no collection 'new'"),
        (("link", "new", *URL), "no collection 'new'"),
    ],
)
def test_wrong_usage(server: InMemory, arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert isinstance(done.exception, PertinentError)
    assert message in done.exception.message


def test_help_names_the_actions() -> None:
    told = run("--help").stdout
    assert all(action in told for action in ("push", "pull", "link", "show"))


def test_a_local_only_collection_stays(server: InMemory, tmp_path: Path) -> None:
    with Collection("private", local_only=True) as private:
        private.add([Document("1", "nobody else may read this")])
    done = run("push", "private", *URL)
    assert isinstance(done.exception, PertinentError)
    assert "local-only" in done.exception.message
    assert not server.collection_exists("private")


def test_an_address_that_others_can_read_is_told(server: InMemory) -> None:
    for url, told in (("http://server.example", True), ("https://server.example", False)):
        done = run("push", "notes", "--url", url)
        assert (done.exit_code, "travel in clear" in done.stderr) == (0, told)
