"""Making one collection equal to another: between this machine and a server, in either direction.

What is equal already is passed over, so a transfer that was broken off goes on from there; readers of the
target see nothing of it before all of it was verified and is published.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from pertinent.errors import StoreError
from pertinent.store.manifest import Manifest
from pertinent.store.protocol import EncodedDocument, Store, StoredDocument, WritableStore
from pertinent.types import FirstStage, Progress

_PASSAGES = 512
_DOCUMENTS = 128
_SAMPLE = 20
_TOP = 10
_WORDS = 12
_CLOSE = 1e-4
LEAST_AGREEMENT = 0.9
"""Of the hits of sample queries. Approximate search and the word statistics of passages that went some time
ago may move single hits."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a transfer did.

    Parameters
    ----------
    documents, passages : int
        In both collections now.
    sent, removed : int
        Documents that were brought, and that were no longer there.
    agreement : float
        Share of the hits of sample queries that both have.
    """

    documents: int
    passages: int
    sent: int
    removed: int
    agreement: float


def make_equal(source: Store, target: WritableStore, progress: Progress | None = None) -> Transfer:
    """Bring to the target what the source has, verify it and publish it.

    Parameters
    ----------
    source : Store
        Open for reading.
    target : WritableStore
        Open for writing, and made for a copy of the source.
    progress : Callable[[int, int], None] | None
        Called with documents that are compared, and all.

    Raises
    ------
    StoreError
        If the target is another collection, or one that was changed since it was copied, published or not; if
        a document of the source is not whole; if both do not answer alike in the end. Nothing is published
        then.
    """
    check_descent(source.manifest, target.manifest)
    _check_unpublished(source, target)
    documents = list(source.documents())
    sent = removed = 0
    if source.manifest.generation != target.manifest.generation:
        target.begin_copy()
        kept = {document.id for document in documents}
        removed = target.remove([old.id for old in target.documents() if old.id not in kept])
        done = 0
        for batch in _batches(documents):
            known = target.known([document.id for document in batch])
            missing = [document for document in batch if known.get(document.id) != document]
            if missing:
                target.replace(_encoded(source, missing))
            sent += len(missing)
            done += len(batch)
            if progress is not None:
                progress(done, len(documents))
    agreement = verify(source, target, documents)
    if source.manifest.generation != target.manifest.generation:
        target.publish(copy_of=source.manifest)
    return Transfer(len(documents), source.count(), sent, removed, agreement)


def check_descent(source: Manifest, target: Manifest) -> None:
    """Refuse to overwrite what is no older version of the source.

    Raises
    ------
    StoreError
        If it is none, or there is nothing to bring.
    """
    if target.identity != source.identity or target.embedder != source.embedder:
        raise StoreError(
            "Another collection has that name already.", hint="Choose another name, or delete what is there."
        )
    # What the target was last made equal to, or what the source was then made equal to: nothing came since.
    unchanged = target.generation in (target.copied, source.copied)
    if not unchanged or target.generation > source.generation:
        raise StoreError(
            "The collection there was changed since it was copied, and would lose that.",
            hint="Copy it here first, or choose another name.",
        )
    if not source.bm25.average_length:
        raise StoreError("The collection holds nothing yet.", hint="Index something into it first.")
    if target.bm25 != source.bm25:
        raise StoreError(
            "The collection there has other settings of BM25.",
            hint="Choose another name, or delete what is there.",
        )


def _check_unpublished(source: Store, target: WritableStore) -> None:
    """Refuse to overwrite what a writer acknowledged and died before it was published."""
    if not target.unpublished:
        return
    if not target.manifest.copying:
        raise StoreError(
            "The collection there has changes that were not published, because their writer died.",
            hint="Index into it again, which publishes them; then copy it here, or choose another name.",
        )
    if source.manifest.generation == target.manifest.generation:
        raise StoreError(
            "A copy of a later version into the collection there was broken off.",
            hint="Do that again, which goes on; or change something here, and copy it then.",
        )


def verify(source: Store, target: Store, documents: Sequence[StoredDocument]) -> float:
    """Compare counts, passages and answers of both.

    Returns
    -------
    float
        Share of hits of sample queries that both have.

    Raises
    ------
    StoreError
        If they differ.
    """
    there = target.manifest.documents, target.count()
    if there != (len(documents), source.count()):
        raise _differs(
            f"{len(documents)} documents and {source.count()} passages became {there[0]} and {there[1]}"
        )
    cut = [document for document in documents if document.passage_ids]
    sample = Random(source.manifest.identity).sample(cut, min(_SAMPLE, len(cut)))  # noqa: S311
    ids = [document.passage_ids[0] for document in sample]
    passages, vectors = source.passages(ids), source.vectors(ids)
    copies = target.vectors(ids)
    if target.passages(ids) != passages or vectors.keys() != copies.keys():
        raise _differs("passages are not the same")
    shared = asked = 0
    for passage in passages:
        vector = vectors[passage.id]
        if not np.allclose(vector, copies[passage.id], atol=_CLOSE):
            raise _differs("vectors are not the same")
        text = " ".join(passage.content.split()[:_WORDS])
        here, there_ = (_hits(store.first_stage(text, vector, _TOP)) for store in (source, target))
        shared += len(here & there_)
        asked += max(len(here), len(there_))
    agreement = shared / asked if asked else 1.0
    if agreement < LEAST_AGREEMENT:
        raise _differs(f"only {agreement:.0%} of the hits of sample queries are the same")
    return agreement


def _hits(found: FirstStage) -> set[tuple[str, str]]:
    lists = ("dense", found.dense), ("bm25", found.bm25)
    return {(name, one.passage.id) for name, hits in lists for one in hits}


def _differs(how: str) -> StoreError:
    return StoreError(
        f"The copy does not agree with the collection: {how}.",
        hint="Nothing of it was published. Do it again; if it fails again, copy to another name.",
    )


def _batches(documents: Sequence[StoredDocument]) -> Iterator[list[StoredDocument]]:
    """Some documents at a time, of not too many passages."""
    batch: list[StoredDocument] = []
    passages = 0
    for document in documents:
        if batch and (len(batch) == _DOCUMENTS or passages + len(document.passage_ids) > _PASSAGES):
            yield batch
            batch, passages = [], 0
        batch.append(document)
        passages += len(document.passage_ids)
    if batch:
        yield batch


def _encoded(source: Store, documents: Sequence[StoredDocument]) -> list[EncodedDocument]:
    """Documents with all that belongs to them."""
    ids = [passage for document in documents for passage in document.passage_ids]
    passages = {passage.id: passage for passage in source.passages(ids)}
    vectors = source.vectors(ids)
    if not passages.keys() == vectors.keys() == set(ids):
        raise StoreError(
            "A document of the collection is not whole.", hint="Index its sources again, or restore a backup."
        )
    width = source.manifest.embedder.dimensions
    return [
        EncodedDocument(
            document.id,
            document.fingerprint,
            document.source,
            tuple(passages[one] for one in document.passage_ids),
            np.array([vectors[one] for one in document.passage_ids], dtype=np.float32).reshape(-1, width),
        )
        for document in documents
    ]
