"""What a watcher holds after much change, and after being killed, is what a fresh index holds."""

from __future__ import annotations

import random
import time
from pathlib import Path

from support.churn import VOCABULARY, Folder, Searcher, answers, await_equal, await_line, follow
from support.knowledge import held, knowledge_base

OPERATIONS = 500
KILLS = 2
SEED = 20261


def test_after_500_changes_and_two_kills_it_equals_a_fresh_one(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "notes", SEED)
    for _ in range(20):
        folder.change()
    base = knowledge_base(tmp_path / "kb")
    base.add(folder.root)
    base.update()
    kills = sorted(random.Random(SEED).sample(range(50, OPERATIONS - 50), KILLS))
    searchers = [Searcher(base.collection.path) for _ in range(2)]
    process = follow(base.collection.path)
    try:
        for searcher in searchers:
            searcher.start()
        for number in range(OPERATIONS):
            folder.change()
            time.sleep(0.005)
            if number in kills:
                await_line(process)  # it has begun to follow
                process.kill()
                process.communicate()
                process = follow(base.collection.path)
        fresh = knowledge_base(tmp_path / "fresh")
        fresh.add(folder.root)
        fresh.update()
        assert len(held(fresh)) > 50
        await_equal(base, held(fresh), 60)
    finally:
        process.kill()
        told, _ = process.communicate()
        for searcher in searchers:
            searcher.stop.set()
            searcher.join(30)
    queries = [" ".join(random.Random(n).sample(VOCABULARY, 3)) for n in range(30)]
    assert [each.collection.describe()["bm25"]["average_length"] for each in (base, fresh)] == [12.0, 12.0]
    assert answers(base, queries) == answers(fresh, queries)
    assert [searcher.error for searcher in searchers] == [None, None]
    assert all(len(searcher.generations) > 2 for searcher in searchers)
    assert "fault:" not in told
