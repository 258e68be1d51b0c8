"""Documents as resources: ``pertinent://COLLECTION/DOCUMENT``."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from pertinent.errors import PertinentError, UsageError
from pertinent.mcp.reading import stretch
from pertinent.mcp.task import Task
from pertinent.mcp.visible import parse_uri, uri_of
from pertinent.types import printable

if TYPE_CHECKING:
    from pertinent.store.protocol import StoredDocument

PAGE = 100
"""Resources of one answer."""

LONGEST_RESOURCE = 1_000_000
"""Characters of one; the tool ``read`` gives the rest."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A document as a list names it."""

    uri: str
    name: str
    description: str


def list_documents(cursor: str | None, task: Task) -> tuple[list[Listed], str | None]:
    """The next documents of all collections, and where the ones after them begin.

    Parameters
    ----------
    cursor : str | None
        What the page before returned.
    task : Task
        Whose collections.

    Raises
    ------
    UsageError
        If the cursor is none of ours.
    """
    first, last = _place(cursor)
    found: list[Listed] = []
    for name in sorted(task.names()):
        if name < first:
            continue
        after = last if name == first else ""
        for document in islice(_after(name, after, task), PAGE + 1 - len(found)):
            if len(found) == PAGE:
                return found, _cursor(found[-1])
            found.append(
                Listed(uri_of(name, document.id), printable(document.id), printable(document.source))
            )
    return found, None


def read_document(uri: str, task: Task) -> str:
    """The text of a document, as far as :data:`LONGEST_RESOURCE`.

    Raises
    ------
    UsageError
        If the address is none, or names nothing that may be seen.
    """
    collection, document = parse_uri(uri)
    name, base = task.collection(collection)
    return stretch(name, base.reader(), document, 0, LONGEST_RESOURCE).text


def _after(name: str, last: str, task: Task) -> Iterator[StoredDocument]:
    """Documents of a collection whose ids follow another; none of one that cannot be read."""
    try:
        store = task.collection(name)[1].reader()
    except PertinentError:
        return
    for document in store.documents():
        task.look()
        if document.id > last:
            yield document


def _cursor(listed: Listed) -> str:
    return urlsafe_b64encode(listed.uri.encode()).decode()


def _place(cursor: str | None) -> tuple[str, str]:
    """Collection and document after which a page begins."""
    if cursor is None:
        return "", ""
    try:
        return parse_uri(urlsafe_b64decode(cursor.encode("ascii")).decode())
    except (UsageError, ValueError):
        raise UsageError("The cursor is none of this server.", hint="Begin without one.") from None
