from __future__ import annotations

from pathlib import Path

from mcp import Client

from support.fakes import WordOverlap
from support.mcp_clients import served, with_client


def test_a_long_document_is_read_in_parts_that_join(home: Path) -> None:
    async def work(client: Client) -> None:
        parts, offset, more = [], 0, True
        while more:
            part = await client.call_tool(
                "read", {"document": "long", "offset": offset, "max_characters": 700}
            )
            parts.append(part.structured_content["text"])
            assert len(parts[-1]) <= 700
            offset, more = part.structured_content["end"], part.structured_content["more"]
        whole = (await client.read_resource("pertinent://notes/long")).contents[0].text
        assert len(parts) > 3
        assert "".join("".join(parts).split()) == "".join(whole.split())
        assert [f"day {day}" in whole for day in range(8)] == [True] * 8

    with_client(served(home, WordOverlap()).sdk, work)


def test_a_passage_is_read_whole_with_as_much_around_it_as_there_is_room(home: Path) -> None:
    async def work(client: Client) -> None:
        found = await client.call_tool("search", {"query": "glucose measured on day 5", "top_k": 10})
        hit = max(
            (hit for hit in found.structured_content["hits"] if hit["document"] == "long"),
            key=lambda hit: hit["text"].count("day 5"),
        )
        most = len(hit["text"]) + 200
        asked = {"passage": hit["passage"], "around": 10, "max_characters": most}
        read = (await client.call_tool("read", asked)).structured_content
        assert hit["text"] in read["text"]
        assert len(hit["text"]) < len(read["text"]) <= most
        assert read["more"] is True

    with_client(served(home, WordOverlap()).sdk, work)
