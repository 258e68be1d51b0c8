"""After a crash: each document that was being changed has one whole version again, the new or the old.

A replacement stores all new points before it marks the old ones as gone. So a version of which points are
missing was never finished and is removed; of whole versions one stays; and a document that has no whole
version left, but points that are still there, was being removed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from qdrant_client import models

from pertinent.store.recovery import Recovery
from pertinent.store.server.layout import PARTS, SINCE, UNTIL, of_documents
from pertinent.store.server.shard import ServerShard

_KEYS = ["document_id", "fingerprint", SINCE, UNTIL, PARTS]
_DOCUMENTS = 500


@dataclass(slots=True)
class _Version:
    """The points of one version of a document."""

    parts: int
    since: int = 0
    staying: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    @property
    def stored(self) -> bool:
        return len(self.staying) + len(self.gone) == max(1, self.parts)

    @property
    def whole(self) -> bool:
        return len(self.staying) == max(1, self.parts)


def touched(generation: int) -> models.Filter:
    """Points that a generation which is not published yet brought or took away."""
    match = models.MatchValue(value=generation)
    return models.Filter(should=[models.FieldCondition(key=key, match=match) for key in (SINCE, UNTIL)])


def recover(shard: ServerShard, generation: int) -> Recovery:
    """Settle what was broken off in a generation that is not published yet."""
    changed = {
        point.payload["document_id"] for point in shard.scroll(touched(generation), _KEYS) if point.payload
    }
    finished: list[str] = []
    undone: list[str] = []
    documents = sorted(changed)
    for start in range(0, len(documents), _DOCUMENTS):
        found = _versions(shard, documents[start : start + _DOCUMENTS], generation)
        for document, versions in found.items():
            broken = [version for version in versions if not version.stored]
            whole = sorted((one for one in versions if one.whole), key=lambda one: one.since)
            leaving = [one for one in versions if one.stored and one not in whole[-1:] and one.staying]
            for version in broken:
                shard.delete(version.staying + version.gone)
            for version in leaving:
                shard.set_payload(version.staying, {UNTIL: generation})
            if broken:
                undone.append(document)
            elif leaving:
                finished.append(document)
    return Recovery(tuple(finished), tuple(undone))


def _versions(shard: ServerShard, documents: list[str], generation: int) -> dict[str, list[_Version]]:
    # What went with an earlier generation is no part of this.
    condition = models.Filter(
        must=[of_documents(documents)],
        must_not=[models.FieldCondition(key=UNTIL, range=models.Range(lt=generation))],
    )
    found: dict[str, dict[tuple[Any, ...], _Version]] = defaultdict(dict)
    for point in shard.scroll(condition, _KEYS):
        payload = point.payload or {}
        key = payload["fingerprint"], payload[PARTS]
        version = found[payload["document_id"]].setdefault(key, _Version(payload[PARTS]))
        version.since = max(version.since, payload[SINCE])
        (version.gone if UNTIL in payload else version.staying).append(str(point.id))
    return {document: list(versions.values()) for document, versions in found.items()}
