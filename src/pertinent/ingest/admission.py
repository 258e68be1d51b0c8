"""What a collection can take: checked document by document, so that one fault costs no other document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pertinent.errors import DataError, RecordError
from pertinent.ingest.protocol import OnBroken
from pertinent.store.incoming import check_identity
from pertinent.store.schema import Fields, grow
from pertinent.types import Document, MetadataValue


def admit(documents: Iterable[Document], fields: Fields, on_broken: OnBroken) -> dict[str, Document]:
    """Documents as a collection can store them, by id; of several with one id the last.

    A metadata field that cannot be stored, or contradicts the collection's fields, is reported and left
    out; its document stays. A document whose id or text cannot be stored is reported and left out whole.

    Parameters
    ----------
    documents : Iterable[Document]
        Of one batch.
    fields : Mapping[str, FieldKind]
        The collection's fields and their kinds.
    on_broken : Callable[[RecordError], None]
        Told of each fault.

    Examples
    --------
    >>> faults = []
    >>> batch = [Document("1", "x", metadata={"age": 40}), Document("2", "x", metadata={"age": "old"})]
    >>> [dict(d.metadata) for d in admit(batch, {}, faults.append).values()], len(faults)
    ([{'age': 40}, {}], 1)
    """
    admitted: dict[str, Document] = {}
    for document in documents:
        try:
            _check_texts(document)
        except DataError as error:
            on_broken(_fault(document, error.message))
            continue
        try:
            fields = grow(fields, document.metadata, document_id=document.id)
            admitted[document.id] = document
        except DataError:
            admitted[document.id], fields = _without_misfits(document, fields, on_broken)
    return admitted


def _check_texts(document: Document) -> None:
    texts = (document.id, document.source, document.title, document.text)
    if not all(isinstance(text, str) for text in texts):
        raise DataError("its id, source, title or text is no string.", hint="Give strings.")
    check_identity(*texts)


def _without_misfits(document: Document, fields: Fields, on_broken: OnBroken) -> tuple[Document, Fields]:
    kept: dict[str, MetadataValue] = {}
    for name, value in document.metadata.items():
        try:
            fields = grow(fields, {name: value}, document_id=document.id)
            kept[name] = value
        except DataError as error:
            on_broken(_fault(document, f"{error.message} The field is left out."))
    return replace(document, metadata=kept), fields


def _fault(document: Document, reason: str) -> RecordError:
    position = f"document {str(document.id)[:80]!r}"
    return RecordError(reason, source=str(document.source) or "(program)", position=position)
