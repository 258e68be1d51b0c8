"""The tools ``read`` and ``collections``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pertinent.errors import PertinentError, UsageError
from pertinent.mcp.answers import CollectionAnswer, CollectionsAnswer, ReadAnswer
from pertinent.mcp.arguments import CollectionsArguments, ReadArguments
from pertinent.mcp.searching import shown
from pertinent.mcp.task import Task
from pertinent.types import printable

if TYPE_CHECKING:
    from pertinent.kb.pipeline import ConfiguredSearch
    from pertinent.store.protocol import Store
    from pertinent.types import Passage

AT_ONCE = 64
"""Passages that are read from the store at a time."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

NONE_OFFERED = "No collection is offered: whoever starts this server names them (--collection NAME)."


def read(asked: ReadArguments, task: Task) -> ReadAnswer:
    """Read a stretch of a document."""
    name, base = task.collection(asked.collection)
    if (asked.document is None) == (asked.passage is None):
        raise UsageError("The call names no document, or two.", hint="Give either document or passage.")
    store = base.reader()
    if asked.passage is not None:
        return _around(name, store, asked.passage, asked.around, asked.max_characters)
    assert asked.document is not None
    return stretch(name, store, asked.document, asked.offset, asked.max_characters)


def stretch(collection: str, store: Store, document: str, offset: int, most: int) -> ReadAnswer:
    """The characters of a document from ``offset`` on, ``most`` of them."""
    kept: list[Passage] = []
    more = False
    for passage in _passages(store, document):
        if passage.end <= offset:
            continue
        if passage.start >= offset + most:
            more = True
            break
        kept.append(passage)
    if not kept:
        raise UsageError("The document ends before that place.", hint="Read with a smaller offset.")
    return _answer(collection, kept, max(offset, kept[0].start), offset + most, more=more)


def collections(_: CollectionsArguments, task: Task) -> CollectionsAnswer:
    """Tell which collections there are."""
    found = [_described(name, task) for name in task.names()]
    return CollectionsAnswer(collections=found, note="" if found else NONE_OFFERED)


def _around(collection: str, store: Store, passage: str, around: int, most: int) -> ReadAnswer:
    found = store.passages([passage]) if _UUID.fullmatch(passage) else []
    if not found:
        raise UsageError(
            "There is no passage of that id.", hint="Search again: the document may have changed."
        )
    beside = list(_passages(store, found[0].document_id))
    place = next((place for place, one in enumerate(beside) if one.id == passage), 0)
    kept = beside[max(0, place - around) : place + around + 1]
    # The passage itself is shown whatever stands around it; what is left of the length goes to both sides.
    spare = max(0, most - (beside[place].end - beside[place].start)) // 2
    start = max(kept[0].start, min(beside[place].start - spare, kept[-1].end - most))
    inside = [one for one in kept if one.end > start and one.start < start + most]
    return _answer(collection, inside, start, start + most, more=inside[-1] is not beside[-1])


def _passages(store: Store, document: str) -> list[Passage]:
    """A document's passages in the order of its text.

    Raises
    ------
    UsageError
        If there is no such document.
    """
    known = store.known([document]).get(document)
    if known is None:
        raise UsageError("There is no document of that id.", hint="Take the id from a hit of `search`.")
    ids = known.passage_ids
    parts = (store.passages(ids[start : start + AT_ONCE]) for start in range(0, len(ids), AT_ONCE))
    return sorted((passage for part in parts for passage in part), key=lambda passage: passage.start)


def _answer(collection: str, passages: list[Passage], start: int, end: int, *, more: bool) -> ReadAnswer:
    """The text of passages that follow each other, each character once."""
    parts: list[str] = []
    at = start
    for passage in passages:
        if passage.start > at:
            parts.append("\n" * min(2, passage.start - at))
            at = passage.start
        parts.append(passage.text[at - passage.start : max(0, end - passage.start)])
        at = max(at, min(passage.end, end))
    head = passages[0]
    return ReadAnswer(
        collection=collection,
        document=head.document_id,
        title=printable(head.title),
        source=printable(head.source),
        metadata=shown(head.metadata),
        start=start,
        end=at,
        text=printable("".join(parts)),
        more=more or passages[-1].end > at,
    )


def _described(name: str, task: Task) -> CollectionAnswer:
    fault = ""
    told: dict[str, object] = {}
    try:
        base: ConfiguredSearch = task.collection(name)[1]
        told = base.describe()
    except PertinentError as error:
        fault = error.message
    embedder, bm25, fields = (told.get(part) or {} for part in ("embedder", "bm25", "fields"))
    assert isinstance(embedder, dict)
    assert isinstance(bm25, dict)
    assert isinstance(fields, dict)
    return CollectionAnswer(
        name=name,
        documents=int(str(told.get("documents", 0))),
        passages=int(str(told.get("passages", 0))),
        fields={printable(field): str(kind) for field, kind in fields.items()},
        language=str(bm25.get("language", "")),
        embedder=str(embedder.get("name", "")),
        local_only=bool(told.get("local_only", False)),
        writable=task.visible.writable and not fault and task.may("admin"),
        fault=fault,
    )
