from __future__ import annotations

from dataclasses import replace

from pertinent.store.vectors import EmbedderIdentity
from support.fakes import EMBEDDER

IDENTITY = EmbedderIdentity("mini", "r1", 384)


def test_an_identity_is_what_vectors_depend_on() -> None:
    assert EmbedderIdentity.of(EMBEDDER) == EmbedderIdentity.of(replace(EMBEDDER, source="/moved"))
    for change in ({"revision": "2"}, {"dimensions": 2}, {"default_instruction": "Find"}, {"name": "other"}):
        assert EmbedderIdentity.of(replace(EMBEDDER, **change)) != EmbedderIdentity.of(EMBEDDER)


def test_an_identity_is_told_with_the_instruction_of_queries() -> None:
    assert str(IDENTITY) == "mini (revision r1, 384 dimensions)"
    told = str(replace(IDENTITY, query_instruction="Find"))
    assert told == "mini (revision r1, 384 dimensions, queries with instruction 'Find')"
