"""Documents for crash tests: every passage names its document and revision, so mixtures show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pertinent.store.protocol import EncodedDocument, Store
from pertinent.types import Passage, content_hash
from support.tiny_documents import encode

DOCUMENTS = 120

GRAPHS_FROM = 100
"""Passages from which optimize builds graphs and immutable segments; in place of ``shard.EXACT_LIMIT``.

A collection keeps the limit it was created with, so it must be set before that.
"""


def version(name: str, revision: int) -> EncodedDocument:
    """The document as it is in one revision: one to four passages."""
    texts = [f"{name} revision{revision} passage{n} common words" for n in range(passages_of(name, revision))]
    metadata = {"revision": revision, "kind": ("even", "odd")[revision % 2]}
    return encode(name, *texts, metadata=metadata)


def passages_of(name: str, revision: int) -> int:
    return 1 + (sum(name.encode()) + revision * 3) % 4


def check_whole(passages: Iterable[Passage]) -> str:
    """What is wrong with the passages of one document; empty where they are all of one revision."""
    found = list(passages)
    revisions = {int(passage.metadata["revision"]) for passage in found}
    if len(revisions) != 1:
        return f"passages of revisions {sorted(revisions)}"
    (revision,) = revisions
    if {passage.id for passage in found} != {p.id for p in version(found[0].document_id, revision).passages}:
        return f"not the passages of revision {revision}"
    return ""


def revisions_of(store: Store) -> dict[str, int]:
    """Every document that is stored, and its revision."""
    first = [document.passage_ids[0] for document in store.documents()]
    return {passage.document_id: int(passage.metadata["revision"]) for passage in store.passages(first)}


def digest(revisions: Mapping[str, int]) -> str:
    """A short form of :func:`revisions_of`, to compare."""
    return content_hash(*(f"{name} {revision}" for name, revision in sorted(revisions.items())))


def faults_of(store: Store) -> list[str]:
    """Everything in a store that no crash may leave behind."""
    faults = []
    owned: set[str] = set()
    for document in store.documents():
        passages = store.passages(document.passage_ids)
        if len(passages) != len(document.passage_ids):
            faults.append(f"{document.id}: {len(document.passage_ids) - len(passages)} passages are missing")
        elif fault := check_whole(passages):
            faults.append(f"{document.id}: {fault}")
        elif document.fingerprint != version(document.id, passages[0].metadata["revision"]).fingerprint:
            faults.append(f"{document.id}: the ledger has another fingerprint than the passages")
        if not owned.isdisjoint(document.passage_ids):
            faults.append(f"{document.id}: passages of another document")
        owned.update(document.passage_ids)
    if store.count() != len(owned):
        faults.append(f"{store.count()} passages are stored, {len(owned)} belong to documents")
    if store.manifest.passages != len(owned):
        faults.append(f"the manifest counts {store.manifest.passages} passages of {len(owned)}")
    return faults
