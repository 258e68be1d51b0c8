"""Checks of what is about to be stored, all of them before anything is touched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import MappingProxyType
from uuid import UUID

import numpy as np

from pertinent.errors import DataError, StoreError
from pertinent.store.bm25 import Bm25Encoder
from pertinent.store.manifest import Manifest, check_size
from pertinent.store.protocol import EncodedDocument, StoredDocument
from pertinent.store.schema import Fields, grow, is_encodable

MAX_ID_LENGTH = 1024
MAX_TEXT_LENGTH = 1 << 22
"""Characters of one passage."""


def check_documents(
    documents: Sequence[EncodedDocument], manifest: Manifest
) -> tuple[list[EncodedDocument], Fields]:
    """Check documents that are to be stored.

    Parameters
    ----------
    documents : Sequence[EncodedDocument]
        Of one batch; of several with the same id the last one counts.
    manifest : Manifest
        Of the collection.

    Returns
    -------
    tuple[list[EncodedDocument], Mapping[str, FieldKind]]
        Each document once, and the collection's fields with what they bring.

    Raises
    ------
    DataError
        If a document's id, text or metadata cannot be stored, or contradicts the known fields.
    StoreError
        If passages and vectors do not belong together.
    """
    latest = {document.id: document for document in documents}
    fields = manifest.fields
    seen: set[str] = set()
    for document in latest.values():
        check_identity(document.id, document.fingerprint, document.source)
        _check_vectors(document, manifest.embedder.dimensions)
        for passage in document.passages:
            if passage.document_id != document.id or passage.id in seen or not _is_uuid(passage.id):
                raise StoreError(
                    f"A passage of document {document.id!r} has an id that is no UUID, is not unique, "
                    "or belongs to another document.",
                    hint="Cut documents with the chunker, which makes these ids.",
                )
            seen.add(passage.id)
            texts = (passage.text, passage.title, passage.source, *passage.headings)
            if len(passage.text) > MAX_TEXT_LENGTH or not all(map(is_encodable, texts)):
                raise DataError(
                    f"A passage of document {document.id!r} is too long or not valid Unicode.",
                    hint=f"Cut it below {MAX_TEXT_LENGTH} characters; read its file with the right encoding.",
                )
            fields = grow(fields, passage.metadata, document_id=document.id)
    return list(latest.values()), fields


def grown_manifest(
    before: Manifest, documents: Sequence[EncodedDocument], fields: Fields, published: Callable[[], Manifest]
) -> Manifest | None:
    """What was published, with what documents that are about to be stored bring; None where that is nothing.

    Parameters
    ----------
    before : Manifest
        As the writer has it.
    documents : Sequence[EncodedDocument]
        The first batch of all settles BM25's average length.
    fields : Mapping[str, FieldKind]
        As :func:`check_documents` gives them.
    published : Callable[[], Manifest]
        Reads what was last published; asked only where something is new.

    Raises
    ------
    DataError
        If it would become too large.
    """
    bm25 = before.bm25
    if not bm25.average_length:
        texts = (passage.content for document in documents for passage in document.passages)
        bm25 = replace(bm25, average_length=Bm25Encoder(bm25).average_length(texts))
    if bm25 == before.bm25 and fields == before.fields:
        return None
    grown = replace(published(), bm25=bm25, fields=MappingProxyType(dict(fields)))
    check_size(grown)
    return grown


def check_replacement(document: EncodedDocument, stored: StoredDocument | None) -> None:
    """Refuse a changed document that keeps a passage id: old and new could not be told apart after a crash.

    Raises
    ------
    StoreError
        If the fingerprints differ and the passage ids overlap.
    """
    if stored is None or stored.fingerprint == document.fingerprint:
        return
    if not set(stored.passage_ids).isdisjoint(passage.id for passage in document.passages):
        raise StoreError(
            f"Document {document.id!r} changed, but keeps passage ids of its older version.",
            hint="Make passage ids from the document's fingerprint, as the chunker does.",
        )


def check_identity(document_id: str, *texts: str) -> None:
    """Refuse an id that cannot be stored, or other short texts of a document that cannot.

    Raises
    ------
    DataError
        If the id is empty or too long, or one of the texts is not valid Unicode.
    """
    if (
        not document_id
        or len(document_id) > MAX_ID_LENGTH
        or not all(map(is_encodable, (document_id, *texts)))
    ):
        raise DataError(
            f"A document's id is empty, longer than {MAX_ID_LENGTH} characters or not valid Unicode.",
            hint="Give every document an id of its own.",
        )


def _check_vectors(document: EncodedDocument, dimensions: int) -> None:
    vectors = document.vectors
    if vectors.shape != (len(document.passages), dimensions) or not bool(np.isfinite(vectors).all()):
        raise StoreError(
            f"The vectors of document {document.id!r} have shape {vectors.shape} or values that are not "
            f"finite; {len(document.passages)} passages of {dimensions} dimensions were expected.",
            hint="Embed the passages with the collection's embedder.",
        )


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
