"""Kinds of metadata fields, learnt from the documents as they come in.

The vector engine answers a filter on an unknown field, or with a value of another type, with nothing
and no complaint. So the collection knows its fields and their kinds, and every filter is checked
against them first.

=========  ==========================  ==========================================
kind       values                      may widen to
=========  ==========================  ==========================================
keyword    str                         keywords, when a document brings a list
keywords   tuple of str, or one str    -
integer    int (64 bit)                float, when a document brings a fraction
float      float or int                -
boolean    bool                        -
=========  ==========================  ==========================================
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

from pertinent.errors import DataError
from pertinent.types import Metadata, MetadataValue

FieldKind: TypeAlias = Literal["keyword", "keywords", "integer", "float", "boolean"]
Fields: TypeAlias = Mapping[str, FieldKind]

KINDS: tuple[FieldKind, ...] = get_args(FieldKind)
BUILT_IN: Fields = MappingProxyType({"document_id": "keyword", "source": "keyword", "title": "keyword"})
"""Fields that every passage has; they win over metadata of the same name."""

MAX_FIELDS = 1000
MAX_NAME_LENGTH = 200
MAX_KEYWORD_LENGTH = 32_768
MAX_KEYWORDS = 10_000

_WIDER: dict[tuple[FieldKind, FieldKind], FieldKind] = {
    ("keyword", "keywords"): "keywords",
    ("keywords", "keyword"): "keywords",
    ("integer", "float"): "float",
    ("float", "integer"): "float",
}


def kind_of(value: MetadataValue) -> FieldKind:
    """Kind of one metadata value.

    Raises
    ------
    ValueError
        If the value is of another type, not finite, outside 64 bits or too long; the message says which.

    Examples
    --------
    >>> kind_of(1980), kind_of(("Adult", "Aged")), kind_of(True)
    ('integer', 'keywords', 'boolean')
    """
    # bool before int: True is an int in Python.
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise ValueError("an integer outside 64 bits")
        return "integer"
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a number that is not finite")
        return "float"
    if isinstance(value, str):
        _check_keyword(value)
        return "keyword"
    if isinstance(value, tuple | list) and all(isinstance(item, str) for item in value):
        if len(value) > MAX_KEYWORDS:
            raise ValueError(f"a list of more than {MAX_KEYWORDS} values")
        for item in value:
            _check_keyword(item)
        return "keywords"
    raise ValueError(f"a value of type {type(value).__name__}")


def _check_keyword(value: str) -> None:
    if len(value) > MAX_KEYWORD_LENGTH:
        raise ValueError(f"a text longer than {MAX_KEYWORD_LENGTH} characters")
    if not is_encodable(value):
        raise ValueError("a text that is not valid Unicode")


def is_encodable(text: str) -> bool:
    """Whether the text can be written as UTF-8; lone surrogates cannot.

    Examples
    --------
    >>> is_encodable("naïve"), is_encodable("\\ud800")
    (True, False)
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def grow(fields: Fields, metadata: Metadata, *, document_id: str = "") -> dict[str, FieldKind]:
    """Fields after one more document.

    Parameters
    ----------
    fields : Mapping[str, FieldKind]
        What is known so far.
    metadata : Mapping
        The document's metadata. An empty list counts as absent.
    document_id : str
        Named in the error.

    Returns
    -------
    dict[str, FieldKind]
        The known fields with new and widened ones.

    Raises
    ------
    DataError
        If a value contradicts the known kind of its field, or cannot be stored.

    Examples
    --------
    >>> grow({"year": "integer"}, {"year": 1980, "mesh": ("Adult",)})
    {'year': 'integer', 'mesh': 'keywords'}
    >>> grow({"score": "integer"}, {"score": 0.5})
    {'score': 'float'}
    """
    grown = dict(fields)
    for name, value in metadata.items():
        if not _is_name(name):
            raise DataError(
                f"Document {document_id!r} has a metadata field whose name cannot be used.",
                hint=f"Names are 1 to {MAX_NAME_LENGTH} characters of valid Unicode.",
            )
        if isinstance(value, tuple | list) and not value:
            continue
        try:
            kind = kind_of(value)
        except ValueError as error:
            raise DataError(
                f"Field {name!r} of document {document_id!r} holds {error}.",
                hint="Metadata are texts, 64-bit integers, finite numbers, booleans or tuples of texts.",
            ) from None
        known = grown.get(name, kind)
        wider = kind if known == kind else _WIDER.get((known, kind))
        if wider is None:
            raise DataError(
                f"Field {name!r} of document {document_id!r} holds {kind}, "
                f"but the collection has it as {known}.",
                hint="Give the field one type in all documents, or another name.",
            )
        grown[name] = wider
    if len(grown) > MAX_FIELDS:
        raise DataError(
            f"Document {document_id!r} would bring the collection to more than {MAX_FIELDS} metadata fields.",
            hint="Keep what filters need as metadata and the rest in the text.",
        )
    return grown


def _is_name(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) <= MAX_NAME_LENGTH and is_encodable(name)
