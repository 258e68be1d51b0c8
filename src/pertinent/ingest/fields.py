"""From the fields of one record (a JSON object, a table row) to a document.

Which names mean what, tried in this order and in any case (``Title`` is ``title``):

========  ==========================================================================================
identity  ``_id``, ``id``, ``doc_id``; a record without one gets the hash of its content as its id
title     ``title``
text      ``text``, ``contents``, ``content``, ``passage``; else ``abstract`` and ``body``, joined
========  ==========================================================================================

Everything else becomes metadata, and so do the fields of an object called ``metadata``. Metadata
takes texts, numbers, true/false and lists of texts; null and empty values are left out. Objects are
flattened and names made fit for filters: whatever is not a letter, a digit, ``_`` or ``-`` becomes
``_``, so ``{"trial": {"phase": 3}}`` is ``trial_phase`` and ``Publication Year`` is
``Publication_Year``. A name that every passage has anyway gets ``record_`` in front (``source`` is
``record_source``). Fields that every format shares have one type everywhere: ``year`` is a whole
number, ``pmid``, ``pmcid``, ``doi`` and ``journal`` are texts, ``mesh``, ``publication_types``,
``language`` and ``authors`` are lists of texts.

A metadata field that cannot be used is left out and reported; the document is kept. Every passage
carries the metadata, so fields beyond :data:`MAX_METADATA_BYTES` are left out as well.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping

from pertinent.errors import RecordError
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.titles import title_and_text
from pertinent.store.schema import BUILT_IN, MAX_KEYWORD_LENGTH, MAX_NAME_LENGTH, is_encodable
from pertinent.types import Document, Metadata, MetadataValue

ID_FIELDS = ("_id", "id", "doc_id")
TEXT_FIELDS = ("text", "contents", "content", "passage")
PAPER_FIELDS = ("abstract", "body")
TITLE_FIELD = "title"
METADATA_FIELD = "metadata"

TEXT_METADATA = frozenset({"pmid", "pmcid", "doi", "journal"})
LIST_METADATA = frozenset({"mesh", "publication_types", "language", "authors"})

MAX_ID_CHARS = 512
MAX_METADATA_CHARS = MAX_KEYWORD_LENGTH
MAX_METADATA_FIELDS = 256
MAX_METADATA_BYTES = 64 << 10
"""Of one document, as JSON."""

MAX_DEPTH = 8
MAX_TOLD = 3
"""Faults of one record that are told; the rest is counted."""

_INT64 = 1 << 63

_UNFIT = re.compile(r"[^\w-]+")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)


def fields_to_document(
    fields: Mapping[str, object], *, source: str, position: str, on_broken: OnBroken, needs_id: bool = False
) -> Document | None:
    """Make a document of a record's fields.

    Parameters
    ----------
    fields : Mapping[str, object]
        Names and values as JSON has them.
    source, position : str
        Where the record stands, for the document and for reports.
    on_broken : Callable[[RecordError], None]
        Told, once, of metadata that was left out because it cannot be used, or of a record that cannot.
    needs_id : bool
        Whether a record without an identity is broken.

    Returns
    -------
    Document | None
        None where identity, title or text cannot be used, or there is neither title nor text.

    Examples
    --------
    >>> fields = {"_id": 7, "text": "It lowers glucose.", "year": "1998", "trial": {"phase": 3}, "x": [1]}
    >>> report = lambda error: print(error.reason)
    >>> document = fields_to_document(fields, source="a.jsonl", position="line 1", on_broken=report)
    left out what cannot be used: field x is a list of other things than texts
    >>> document.id, dict(document.metadata)
    ('7', {'year': 1998, 'trial_phase': 3})
    """
    faults: list[str] = []
    document = None
    try:
        document = _document(dict(fields), source, needs_id, faults)
    except _FieldError as fault:
        reason = str(fault)
    else:
        reason = left_out(faults)
    if reason:
        on_broken(RecordError(reason, source=source, position=position))
    return document


def left_out(faults: list[str]) -> str:
    """Words for the report of a document that is kept without some of its metadata; empty for no fault."""
    more = f"; and {len(faults) - MAX_TOLD:,} more" if len(faults) > MAX_TOLD else ""
    return f"left out what cannot be used: {'; '.join(faults[:MAX_TOLD])}{more}" if faults else ""


def fit_metadata(metadata: Metadata, faults: list[str]) -> dict[str, MetadataValue]:
    """The fields that fit into :data:`MAX_METADATA_BYTES`, in their order; ``faults`` names the others."""
    kept: dict[str, MetadataValue] = {}
    room = MAX_METADATA_BYTES
    for name, value in metadata.items():
        size = len(_JSON.encode({name: value}).encode())
        if size <= room:
            kept[name] = value
            room -= size
        else:
            faults.append(f"field {name} is beyond the {MAX_METADATA_BYTES:,} bytes that a document may have")
    return kept


_JSON = json.JSONEncoder(ensure_ascii=False)


class _FieldError(Exception):
    """What is wrong with a field; its words never hold the value."""


def _document(fields: dict[str, object], source: str, needs_id: bool, faults: list[str]) -> Document:
    names = {name.casefold(): name for name in reversed(fields)}
    identity = _take_id(fields, names)
    if needs_id and not identity:
        raise _FieldError("there is no _id")
    title = " ".join(_take_text(fields, names, TITLE_FIELD).split())
    text = next(filter(None, (_take_text(fields, names, name) for name in TEXT_FIELDS)), "")
    if not text:
        text = "\n\n".join(filter(None, (_take_text(fields, names, name) for name in PAPER_FIELDS)))
    if not (title or text):
        raise _FieldError(f"no text; looked for {', '.join((TITLE_FIELD, *TEXT_FIELDS, *PAPER_FIELDS))}")
    title, text = title_and_text(title, text)
    metadata = fit_metadata(_metadata(fields, faults), faults)
    if not identity:
        identity = Document("", text, title=title, metadata=metadata).fingerprint
    return Document(identity, text, title=title, metadata=metadata, source=source)


def _take_id(fields: dict[str, object], names: Mapping[str, str]) -> str:
    for wanted in ID_FIELDS:
        value = fields.pop(names.get(wanted, wanted), None)
        if value is None or value == "":
            continue
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise _FieldError(f"field {wanted} is {_kind(value)}; an id is a text or a whole number")
        if isinstance(value, int) and not -_INT64 <= value < _INT64:
            raise _FieldError(f"the number in field {wanted} is too large")
        identity = _valid(str(value), wanted).strip()
        if len(identity) > MAX_ID_CHARS:
            raise _FieldError(f"field {wanted} is longer than {MAX_ID_CHARS} characters")
        return identity
    return ""


def _take_text(fields: dict[str, object], names: Mapping[str, str], wanted: str) -> str:
    name = names.get(wanted, wanted)
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _FieldError(f"field {name} is {_kind(value)}; it should be a text")
    del fields[name]
    return _valid(value, name) if value.strip() else ""


def _metadata(fields: Mapping[str, object], faults: list[str]) -> dict[str, MetadataValue]:
    metadata: dict[str, MetadataValue] = {}
    for name, value in _flatten(fields, "", 0, faults):
        try:
            cleaned = _value(name, value)
        except _FieldError as fault:
            faults.append(str(fault))
            continue
        if cleaned is None:
            continue
        if name not in metadata and len(metadata) == MAX_METADATA_FIELDS:
            faults.append(f"there are more than {MAX_METADATA_FIELDS} metadata fields")
            break
        if metadata.setdefault(name, cleaned) != cleaned:
            faults.append(f"two fields come out as {name}, with different values")
    return metadata


def _flatten(
    fields: Mapping[str, object], prefix: str, depth: int, faults: list[str]
) -> Iterator[tuple[str, object]]:
    for key, value in fields.items():
        if isinstance(value, dict):
            if depth == MAX_DEPTH:
                faults.append(f"metadata is nested more than {MAX_DEPTH} deep")
                continue
            inner = "" if key == METADATA_FIELD and not depth else f"{prefix}{key}_"
            yield from _flatten(value, inner, depth + 1, faults)
            continue
        try:
            name = _name(f"{prefix}{key}")
        except _FieldError as fault:
            faults.append(str(fault))
            continue
        if name:
            yield name, value
        elif value is not None and value != "":
            faults.append("a field has a name without a letter or digit")


def _name(name: str) -> str:
    """The name, made fit for filters."""
    name = _UNFIT.sub("_", _valid(name, "name")).strip("_")
    if len(name) > MAX_NAME_LENGTH:
        raise _FieldError(f"a field has a name longer than {MAX_NAME_LENGTH} characters")
    return f"record_{name}" if name in BUILT_IN else name


def _value(name: str, value: object) -> MetadataValue | None:
    if value is None:
        return None
    if isinstance(value, str):
        value = _valid(value, name).strip()
    elif isinstance(value, list):
        if not all(isinstance(item, str) for item in value):
            raise _FieldError(f"field {name} is a list of other things than texts")
        value = tuple(item for item in (_valid(item, name).strip() for item in value) if item)
    if value in ("", ()):
        return None
    value = _shared_type(name, value)
    if isinstance(value, str | tuple):
        if sum(map(len, value)) > MAX_METADATA_CHARS:
            raise _FieldError(f"field {name} is longer than {MAX_METADATA_CHARS:,} characters")
        return value
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise _FieldError(f"the number in field {name} is too large or not finite")


def _shared_type(name: str, value: object) -> object:
    if name == "year":
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise _FieldError("field year is not a whole number")
    if name in TEXT_METADATA and not isinstance(value, str):
        if isinstance(value, bool) or not isinstance(value, int):
            raise _FieldError(f"field {name} is {_kind(value)}; it should be a text")
        return str(value)
    if name in LIST_METADATA and not isinstance(value, tuple):
        if not isinstance(value, str):
            raise _FieldError(f"field {name} is {_kind(value)}; it should be a list of texts")
        return (value,)
    return value


def _valid(text: str, name: str) -> str:
    # JSON escapes can spell half a character, which no model, index or terminal can take.
    if not is_encodable(text):
        raise _FieldError(f"field {name.encode('utf-8', 'replace').decode()} holds a lone surrogate")
    return text


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    kinds = ((int, "a whole number"), (float, "a number"), (str, "a text"), (list | tuple, "a list"))
    return next((words for kind, words in kinds if isinstance(value, kind)), "an object")
