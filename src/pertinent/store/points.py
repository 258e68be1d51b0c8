"""How passages and filters look inside the vector engine.

========================  ====================================================================
payload key               holds
========================  ====================================================================
``document_id``           the document; indexed, filterable
``source``, ``title``     as read; indexed, filterable
``text, start, end``      the passage and its offsets
``headings``              outermost first
``place``                 ``unit``, ``first`` and ``last`` of its lines or pages; absent where not known
``fingerprint``           of the document's version, for recovery after a crash
``meta``                  the document's metadata, one key each, never mixed with the keys above
``flags``                 its booleans once more as texts, because the engine cannot match booleans
========================  ====================================================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import qdrant_edge as qe

from pertinent.store.bm25 import Bm25Encoder
from pertinent.store.protocol import EncodedDocument
from pertinent.store.schema import BUILT_IN, FieldKind
from pertinent.types import Metadata, MetadataValue, Passage, Place

DENSE = "dense"
BM25 = "bm25"

IndexType: TypeAlias = Literal["keyword", "integer", "float"]
INDEX_TYPES: Mapping[FieldKind, IndexType] = MappingProxyType(
    {
        "keyword": "keyword",
        "keywords": "keyword",
        "integer": "integer",
        "float": "float",
        "boolean": "keyword",
    }
)
"""How a field is indexed, in the words of the engine."""

FLAGS = {True: "true", False: "false"}
"""Booleans as they are stored, because the engine cannot match booleans."""


def payload_path(name: str, kind: FieldKind) -> str:
    """Path of a field inside the payload.

    Examples
    --------
    >>> payload_path("year", "integer"), payload_path("title", "keyword")
    ('meta."year"', 'title')
    """
    if name in BUILT_IN:
        return name
    return f'{"flags" if kind == "boolean" else "meta"}."{_key(name)}"'


def _key(name: str) -> str:
    """Key under which a field is stored: quotes and backslashes have no escape in the engine's paths."""
    return re.sub(r'["\\%]', lambda match: f"%{ord(match[0]):02X}", name)


def _name(key: str) -> str:
    return re.sub(r"%(22|5C|25)", lambda match: chr(int(match[1], 16)), key)


def to_points(document: EncodedDocument, encoder: Bm25Encoder) -> list[qe.Point]:
    """Points of one document, one per passage."""
    return [
        qe.Point(
            id=passage.id,
            vector={DENSE: vector.tolist(), BM25: encoder.encode_document(passage.content)},
            payload=to_payload(passage, document.fingerprint),
        )
        for passage, vector in zip(document.passages, document.vectors, strict=True)
    ]


def to_payload(passage: Passage, fingerprint: str) -> dict[str, Any]:
    """Everything needed to give the passage back."""
    return {
        "document_id": passage.document_id,
        "source": passage.source,
        "title": passage.title,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "headings": list(passage.headings),
        **({"place": asdict(passage.place)} if passage.place else {}),
        "fingerprint": fingerprint,
        "meta": {
            _key(name): list(value) if isinstance(value, tuple) else value
            for name, value in passage.metadata.items()
        },
        "flags": {
            _key(name): FLAGS[value] for name, value in passage.metadata.items() if isinstance(value, bool)
        },
    }


def to_passage(point_id: object, payload: Mapping[str, Any]) -> Passage:
    """Inverse of :func:`to_payload`."""
    return Passage(
        id=str(point_id),
        document_id=payload["document_id"],
        text=payload["text"],
        start=payload["start"],
        end=payload["end"],
        title=payload["title"],
        headings=tuple(payload["headings"]),
        metadata=_metadata(payload["meta"]),
        source=payload["source"],
        place=Place(**payload["place"]) if "place" in payload else None,
    )


def _metadata(stored: Mapping[str, Any]) -> Metadata:
    values: dict[str, MetadataValue] = {
        _name(key): tuple(value) if isinstance(value, list) else value for key, value in stored.items()
    }
    return MappingProxyType(values)


class EdgeWords:
    """Conditions as the embedded engine has them."""

    def equal(self, path: str, value: str | int) -> qe.FieldCondition:
        """See :class:`pertinent.store.conditions.Words`, here and below."""
        return qe.FieldCondition(key=path, match=qe.MatchValue(value))

    def between(self, path: str, bounds: Mapping[str, float]) -> qe.FieldCondition:
        """A range."""
        return qe.FieldCondition(key=path, range=qe.RangeFloat(**bounds))

    def empty(self, path: str) -> qe.IsEmptyCondition:
        """Absence."""
        return qe.IsEmptyCondition(path)

    def every(self, conditions: list[Any]) -> qe.Filter:
        """And."""
        return qe.Filter(must=conditions)

    def some(self, conditions: list[Any]) -> qe.Filter:
        """Or."""
        return qe.Filter(should=conditions)

    def none(self, conditions: list[Any]) -> qe.Filter:
        """Neither."""
        return qe.Filter(must_not=conditions)
