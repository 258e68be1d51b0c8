"""Questions drafted from the passages of a collection, for somebody to correct by hand.

They come of the rules of ``train.synthesise``: titles, headings, templates, key sentences. A sentence that is
asked for still stands in its passage, so drafts flatter whatever looks for words; the mark ``drafted`` says
that nobody has put them in other words yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pertinent.errors import DataError
from pertinent.kb.questions import Question
from pertinent.store.protocol import Store
from pertinent.train.synthesise import queries_of
from pertinent.train.terms import DocumentFrequencies, terms
from pertinent.types import Passage, content_hash

KINDS = ("template", "heading", "sentence", "title")
WITH_HEADING = frozenset({"heading", "sentence"})
"""Kinds that ask for what stands under the passage's heading; the others ask for what the document is on."""

BLOCK = 500
"""Documents that are looked at together."""

TRIED = 3
"""Passages of one document at most."""


def draft_questions(store: Store, count: int, seed: int = 0) -> tuple[Question, ...]:
    """Draft questions, each from another document.

    Parameters
    ----------
    store : Store
        The collection.
    count : int
        How many; fewer where the documents give no more.
    seed : int
        Another one chooses other documents.

    Returns
    -------
    tuple[Question, ...]
        Named ``draft-1`` and so on, each marked with the rule that made it.

    Raises
    ------
    DataError
        If no question can be drafted.
    """
    ids = {document.id: document.passage_ids for document in store.documents() if document.passage_ids}
    chosen = sorted(ids, key=lambda id: content_hash(str(seed), id))
    frequencies = DocumentFrequencies()
    drafted: dict[str, Question] = {}
    for start in range(0, len(chosen), BLOCK):
        block = chosen[start : start + BLOCK]
        tried = [id for document in block for id in _tried(ids[document], seed)]
        passages: dict[str, list[Passage]] = {document: [] for document in block}
        for passage in store.passages(tried):
            passages[passage.document_id].append(passage)
            frequencies.add(terms(passage.content))
        for document in block:
            drafts = _drafts(passages[document], frequencies, seed)
            draft = next((each for each in drafts if _key(each) not in drafted), None)
            if draft is not None:
                drafted[_key(draft)] = replace(draft, id=f"draft-{len(drafted) + 1}")
            if len(drafted) == count:
                return tuple(drafted.values())
    if not drafted:
        raise DataError(
            "No question could be drafted: the documents have no titles, headings or whole sentences.",
            hint="Write the file by hand; docs/knowledge-base.md says what stands in it.",
        )
    return tuple(drafted.values())


def _tried(passage_ids: Sequence[str], seed: int) -> list[str]:
    return sorted(passage_ids, key=lambda id: content_hash(str(seed), id))[:TRIED]


def _drafts(passages: Iterable[Passage], frequencies: DocumentFrequencies, seed: int) -> Iterator[Question]:
    for passage in passages:
        for kind, made in queries_of(passage, KINDS, frequencies, seed):
            under = passage.headings[-1] if kind in WITH_HEADING and passage.headings else ""
            mark = f"{passage.document_id}#{under}" if under.strip() else passage.document_id
            yield Question("", made.query, (mark,), drafted=kind)


def _key(question: Question) -> str:
    return question.question.casefold()
