from __future__ import annotations

import json

from pertinent.engine.catalogue import CARRIED
from support.command import Run


def test_the_carried_pair_is_known_and_present(run: Run) -> None:
    rows = {row["name"]: row for row in json.loads(run("models", "--json").stdout)}
    assert rows["pertinent-mini-reranker"]["present"]
    assert rows["pertinent-mini-embedder"]["dimensions"] == 384
    assert rows["pertinent-mini-embedder"]["revision"]


def test_the_carried_pair_stays_under_40_mb() -> None:
    sizes = [path.stat().st_size for path in CARRIED.rglob("*") if path.is_file()]
    assert 30e6 < sum(sizes) <= 40e6


def test_a_table_for_people(run: Run) -> None:
    assert "pertinent-mini-reranker" in run("models").stdout
