"""What people pass to ``rank``, as Documents."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from pertinent.errors import UsageError
from pertinent.types import Document, MetadataValue

ID_KEYS = ("_id", "id", "doc_id")
OWN_KEYS = (*ID_KEYS, "text", "title", "source", "metadata")


RankInput: TypeAlias = str | Mapping[str, Any] | Document
"""What ``rank`` takes: a text; a mapping with ``text`` and perhaps ``title``, ``id``, more; a Document."""


def to_document(given: RankInput, place: int) -> Document:
    """Make a Document of a text or a mapping; a Document stays itself.

    Parameters
    ----------
    given : str | Mapping | Document
        A text; or a mapping with ``text``, optionally ``title``, ``id`` (or ``_id``, ``doc_id``),
        ``source``, and other keys, which become metadata, as the entries of a ``metadata`` do.
    place : int
        Its place in the list: the id where it has none.

    Raises
    ------
    UsageError
        If it has no text, or something in it is of another type.

    Examples
    --------
    >>> document = to_document({"text": "Metformin lowers glucose.", "year": 1998}, 3)
    >>> document.id, dict(document.metadata)
    ('3', {'year': 1998})
    """
    if isinstance(given, Document):
        return given
    if isinstance(given, str):
        return Document(str(place), given)
    if not isinstance(given, Mapping):
        raise UsageError(
            f"Document {place} is of type {type(given).__name__}.",
            hint="Give strings, mappings with a text, or Documents.",
        )
    if not isinstance(given.get("text"), str):
        raise UsageError(f"Document {place} has no text.", hint='Give each mapping a string under "text".')
    title, source = (given.get(key) or "" for key in ("title", "source"))
    if not isinstance(title, str) or not isinstance(source, str):
        raise UsageError(f"Title or source of document {place} is not a string.", hint="Give strings.")
    inner = given.get("metadata")
    others = {key: value for key, value in given.items() if key not in OWN_KEYS}
    fields = {**inner, **others} if isinstance(inner, Mapping) else {"metadata": inner, **others}
    metadata = {str(key): _metadata_value(value, place) for key, value in fields.items() if value is not None}
    return Document(
        next((str(given[key]) for key in ID_KEYS if given.get(key) is not None), str(place)),
        given["text"],
        title,
        MappingProxyType(metadata),
        source,
    )


def content_of(document: Document) -> str:
    """What models read of a document: its title with its text.

    Examples
    --------
    >>> content_of(Document("1", "It lowers glucose.", title="Metformin"))
    'Metformin\\nIt lowers glucose.'
    """
    return f"{document.title}\n{document.text}" if document.title else document.text


def _metadata_value(value: object, place: int) -> MetadataValue:
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise UsageError(
        f"Metadata of document {place} holds a {type(value).__name__}.",
        hint="Give strings, numbers, truth values or lists of strings.",
    )
