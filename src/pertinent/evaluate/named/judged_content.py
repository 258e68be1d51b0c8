"""Hash of what a set holds, wherever it came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b

from pertinent.evaluate.task import GivenCandidate, Judgements
from pertinent.types import Document, content_hash


def judged_hash(
    queries: Mapping[str, str],
    judgements: Judgements,
    candidates: Mapping[str, tuple[GivenCandidate, ...]] | None = None,
    documents: Iterable[Document] = (),
) -> str:
    """Hash of queries, their judgements, and what is ranked for them, in the order given.

    Parameters
    ----------
    queries : Mapping[str, str]
        Texts by id.
    judgements : Mapping[str, Mapping[str, int]]
        Grades for every query.
    candidates : Mapping[str, tuple[GivenCandidate, ...]] | None
        Candidates of every query, where they are given.
    documents : Iterable[Document]
        The corpus, where nothing else pins it.

    Returns
    -------
    str
        32 hexadecimal digits, the same over runs and machines.

    Examples
    --------
    >>> judged_hash({"q": "who?"}, {"q": {"d": 1}}) == judged_hash({"q": "who?"}, {"q": {"d": 2}})
    False
    """
    digest = blake2b(digest_size=16)
    for query, text in queries.items():
        digest.update(content_hash("query", query, text).encode())
        for document, grade in judgements[query].items():
            digest.update(content_hash("grade", document, str(grade)).encode())
        for candidate in candidates[query] if candidates else ():
            digest.update(content_hash("candidate", candidate.document_id, candidate.text).encode())
    for found in documents:
        digest.update(content_hash("document", found.fingerprint).encode())
    return digest.hexdigest()
