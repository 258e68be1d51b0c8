"""The sentence of each hit that matches the query best, found with the embedder."""

from __future__ import annotations

from collections.abc import Sequence

from pertinent.embedders.protocol import TextEmbedder, Vectors
from pertinent.ingest.sentences import sentence_spans
from pertinent.types import Passage

MOST_SENTENCES = 40
"""Sentences of one passage that are looked at; a chunk rarely has more."""


def best_sentences(
    query_vector: Vectors, passages: Sequence[Passage], embedder: TextEmbedder
) -> list[tuple[int, int] | None]:
    """Offsets into each passage's text of its sentence nearest to the query.

    Parameters
    ----------
    query_vector : ndarray, shape (dimensions,)
        The query as the embedder sees it, of length 1.
    passages : Sequence[Passage]
        The hits.
    embedder : TextEmbedder
        The embedder that made the query vector.

    Returns
    -------
    list[tuple[int, int] | None]
        One span per passage; None where it has no sentence.
    """
    spans = [sentence_spans(passage.text)[:MOST_SENTENCES] for passage in passages]
    texts = [
        passage.text[start:end]
        for passage, sentences in zip(passages, spans, strict=True)
        if len(sentences) > 1
        for start, end in sentences
    ]
    likeness = iter((embedder.embed_documents(texts) @ query_vector).tolist() if texts else ())
    best: list[tuple[int, int] | None] = []
    for sentences in spans:
        if len(sentences) > 1:
            values = [next(likeness) for _ in sentences]
            best.append(sentences[values.index(max(values))])
        else:
            best.append(sentences[0] if sentences else None)
    return best
