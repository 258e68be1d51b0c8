"""A writer to be killed: changes a collection by a seed and says, line by line, what it does.

``python crash_writer.py COLLECTION SEED START [OPERATION...]``. Lines are JSON:
``{"opened": [lost], "stored": {document: revision}, "generation": n}``, then for every operation
``{"start": name, "changes": {document: revision or null}}`` and ``{"done": name, "generation": n}``.
"""

from __future__ import annotations

import json
import random
import sys
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pertinent.store import collection, shard
from support.crash_documents import DOCUMENTS, GRAPHS_FROM, revisions_of, version
from support.tiny_documents import EMBEDDER

OPERATIONS = ("index", "replace", "remove", "optimize", "publish")
WEIGHTS = (5, 8, 4, 3, 4)


def tell(**line: Any) -> None:
    print(json.dumps(line), flush=True)


def plan(operation: str, step: int, chance: random.Random) -> dict[str, int | None]:
    """What an operation changes: documents and the revision they get, None for none."""
    if operation == "index":
        return {f"new{step}-{n}": step for n in range(chance.randint(1, 20))}
    if operation == "replace":
        return {f"d{n}": step for n in chance.sample(range(DOCUMENTS), chance.randint(1, 40))}
    if operation == "remove":
        return {f"d{n}": None for n in chance.sample(range(DOCUMENTS), chance.randint(1, 40))}
    return {}


def main(folder: str, seed: int, start: int, only: list[str]) -> None:
    shard.EXACT_LIMIT = GRAPHS_FROM
    chance = random.Random(seed)
    there = collection.exists(folder)
    with (collection.open_writer if there else collection.create)(folder, EMBEDDER) as writer:
        generation = writer.manifest.generation
        tell(opened=list(writer.recovery.lost), stored=revisions_of(writer), generation=generation)
        for step in count(start):
            operation = chance.choice(only) if only else chance.choices(OPERATIONS, WEIGHTS)[0]
            changes = plan(operation, step, chance)
            tell(start=operation, changes=changes)
            kept = {name: revision for name, revision in changes.items() if revision is not None}
            if kept:
                writer.replace([version(name, revision) for name, revision in kept.items()])
            elif changes:
                writer.remove(list(changes))
            elif operation == "optimize":
                writer.optimize()
            else:
                writer.publish()
            tell(done=operation, generation=writer.manifest.generation)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
