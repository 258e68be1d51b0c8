"""The documents of hits as citations, for reference managers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pertinent.store.protocol import Store
from pertinent.types import Document, Hit, Passage

ABSTRACT = "Abstract"
"""The heading under which readers of full texts put an abstract."""


def cited(store: Store, hits: Iterable[Hit]) -> Iterator[Document]:
    """The documents of hits, each once, best first, with their abstracts as text.

    Parameters
    ----------
    store : Store
        Where the hits were found; it has the passages that no query met.
    hits : Iterable[Hit]
        In their order.

    Yields
    ------
    Document
        Title, metadata and source as stored. The text is the whole abstract, and empty where none is
        known; see :func:`abstract_of`.
    """
    best: dict[str, Passage] = {}
    for hit in hits:
        best.setdefault(hit.passage.document_id, hit.passage)
    known = store.known(list(best))
    for name, passage in best.items():
        stored = known.get(name)  # None where it was removed after the search
        text = abstract_of(store.passages(stored.passage_ids)) if stored else ""
        yield Document(name, text, title=passage.title, metadata=passage.metadata, source=passage.source)


def abstract_of(passages: Sequence[Passage]) -> str:
    """The abstract of a document, put together from its passages.

    It is what stands under the heading "Abstract", its parts named by their headings; of a record without
    headings, such as a citation or a line of JSON, it is the whole text. Texts of files have no abstract
    that could be told from the rest.

    Parameters
    ----------
    passages : Sequence[Passage]
        All of one document.

    Examples
    --------
    >>> halves = [Passage("1", "d", "One. Two.", 0, 9), Passage("2", "d", "Two. Three.", 5, 16)]
    >>> abstract_of(halves)
    'One. Two. Three.'
    """
    under = [passage for passage in passages if passage.headings[:1] == (ABSTRACT,)]
    if not under and not any(passage.headings or passage.place for passage in passages):
        under = [passage for passage in passages if passage.metadata.get("has_abstract", True)]
    parts: list[str] = []
    label, at = "", 0
    for passage in sorted(under, key=lambda passage: passage.start):
        if parts and passage.start > at:
            parts.append(" ")  # only white space and headings stand between passages
        if label != (label := " > ".join(passage.headings[1:])) and label:
            parts.append(f"{label}: ")
        parts.append(passage.text[max(0, at - passage.start) :])
        at = max(at, passage.end)
    return "".join(parts)
