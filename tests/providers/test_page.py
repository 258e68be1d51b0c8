"""The page on dialects says what the dialects do."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from pertinent.providers.bare_paths import EMBED_DEFAULTS, EMBED_MARKS, RERANK_DEFAULTS, RERANK_MARKS
from pertinent.providers.catalogue import DIALECTS

PAGE = (Path(__file__).parents[2] / "docs" / "providers.md").read_text("utf-8")


def table(heading: str) -> list[list[str]]:
    """Rows of the table whose first column has that heading, cell by cell."""
    lines = PAGE.split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_dialect_stands_there_with_its_address_paths_and_key() -> None:
    found = {quoted(row[0])[0]: row for row in table("name")}
    assert set(found) == {dialect.name for dialect in DIALECTS}
    for dialect in DIALECTS:
        _, service, reranks, embeds, key = found[dialect.name]
        host = urlsplit(dialect.address).hostname
        assert service == host if host else service.startswith("your own")
        assert tuple(quoted(reranks)) == dialect.rerank_paths
        assert tuple(quoted(embeds)) == dialect.embed_paths
        assert "".join(quoted(key)) == dialect.key_variable


def test_every_reranking_dialect_stands_there_with_its_fields() -> None:
    rows = PAGE.split("\n| name | documents |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    found = {quoted(row)[0]: [cell.strip() for cell in row.strip("|").split("|")] for row in rows}
    reranking = {dialect.name: dialect for dialect in DIALECTS if dialect.rerank_paths}
    assert set(found) == reranking.keys() - {"siliconflow-cn"}
    for name, row in found.items():
        dialect = reranking[name]
        for cell, names in zip(
            row[1:4],
            (dialect.fields.documents, dialect.fields.limit, dialect.fields.instruction),
            strict=True,
        ):
            assert quoted(cell)[:1] == list(names[:1])
        wishes = "on request" if dialect.fields.with_documents else "never"
        if dialect.with_documents:
            wishes = "by default" if dialect.fields.with_documents else "always"
        assert row[4] == wishes
        assert (row[6] == "yes") == dialect.sorted


def test_the_tables_of_shared_paths_are_the_servers() -> None:
    for heading, marks, defaults in (
        ("field of a rerank request", RERANK_MARKS, RERANK_DEFAULTS),
        ("field of a request for vectors", EMBED_MARKS, EMBED_DEFAULTS),
    ):
        rows = table(heading)
        told = [(tuple(quoted(row[0])), quoted(row[1])[0]) for row in rows]
        assert told[: len(marks)] == list(marks)
        by_path = {path: dialect for paths, dialect in told[len(marks) :] for path in paths}
        assert by_path == defaults
