from __future__ import annotations

import time
from pathlib import Path

import pytest
from mcp import Client

from pertinent.errors import UsageError
from pertinent.kb.settings import PipelineSettings
from pertinent.mcp.server import McpServer
from pertinent.mcp.visible import VisibleCollections, parse_uri, uri_of
from support.fakes import WordOverlap
from support.mcp_clients import with_client
from support.slow_models import Given


def test_a_collection_that_is_not_there_hinders_no_other(home: Path) -> None:
    given = tuple(str(home / "collections" / name) for name in ("notes", "absent"))
    visible = VisibleCollections(given, PipelineSettings())
    visible._models = Given(WordOverlap())

    async def work(client: Client) -> None:
        texts = {"query": "glucose", "documents": ["glucose"]}
        assert (await client.call_tool("rerank", texts)).structured_content["reranked"] is True
        told = (await client.call_tool("collections", {})).structured_content["collections"]
        assert [bool(one["fault"]) for one in told] == [False, True]

    with_client(McpServer(visible).sdk, work)


def test_what_cannot_be_used_is_logged_at_the_start(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = PipelineSettings(rerank_model=("nosuch:model",))
    visible = VisibleCollections((str(home / "collections" / "absent"),), settings)
    visible.begin()
    assert "no collection" in caplog.text
    deadline = time.monotonic() + 30
    while "no provider named 'nosuch'" not in caplog.text:
        assert time.monotonic() < deadline, "it was not told"
        time.sleep(0.02)


def test_a_folder_goes_by_its_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home / "collections" / "notes")
    assert VisibleCollections((".",), PipelineSettings()).names == ("notes",)


def test_names_are_the_last_parts_and_stand_once(tmp_path: Path) -> None:
    given = (str(tmp_path / "a" / "notes"), "ward")
    assert VisibleCollections(given, PipelineSettings()).names == ("notes", "ward")
    with pytest.raises(UsageError, match="same name"):
        VisibleCollections((*given, "notes"), PipelineSettings())


def test_what_was_not_named_does_not_exist(home: Path) -> None:
    visible = VisibleCollections((str(home / "collections" / "notes"),), PipelineSettings())
    for name in ("private", "", "..", str(home / "collections" / "private")):
        with pytest.raises(UsageError, match="Offered: notes"):
            visible.find(name)
    assert not visible.stays()
    visible.close()


@pytest.mark.parametrize("document", ["a b/c", "ü?#%41", "a//b", "..", "x\ny"])
def test_an_address_gives_its_document_back(document: str) -> None:
    assert parse_uri(uri_of("n/o", document)) == ("n/o", document)


@pytest.mark.parametrize("uri", ["pertinent://notes", "pertinent://notes/", "http://notes/a", "notes/a", ""])
def test_other_addresses_are_refused(uri: str) -> None:
    with pytest.raises(UsageError, match="no address"):
        parse_uri(uri)
