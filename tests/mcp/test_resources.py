from __future__ import annotations

from pathlib import Path

import pytest
from mcp import Client

from support.fakes import WordOverlap
from support.mcp_clients import served, with_client


def test_documents_are_listed_page_by_page(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pertinent.mcp import resources

    monkeypatch.setattr(resources, "PAGE", 2)

    async def work(client: Client) -> None:
        names, cursor = [], None
        while True:
            page = await client.list_resources(cursor=cursor)
            assert len(page.resources) <= 2
            names += [one.name for one in page.resources]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert names == ["ferry", "hostile", "insulin", "long", "metformin"]

    with_client(served(home, WordOverlap()).sdk, work)
