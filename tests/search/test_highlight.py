from __future__ import annotations

from pertinent.search.highlight import best_sentences
from support.fakes import BagOfWords, passages


class Counting(BagOfWords):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed_documents(self, texts, *, progress=None):  # type: ignore[no-untyped-def]
        self.texts.extend(texts)
        return super().embed_documents(texts)


def best(query: str, *texts: str) -> list[str | None]:
    embedder = BagOfWords()
    spans = best_sentences(embedder.embed_queries([query])[0], passages(*texts), embedder)
    return [text[span[0] : span[1]] if span else None for text, span in zip(texts, spans, strict=True)]


def test_the_nearest_sentence_is_chosen_in_each_passage() -> None:
    assert best("ulcer drug", "It rained. The drug healed the ulcer. End.", "Nothing. A drug was given.") == [
        "The drug healed the ulcer.",
        "A drug was given.",
    ]


def test_a_lone_sentence_needs_no_embedding() -> None:
    embedder = Counting()
    query = embedder.embed_queries(["q"])[0]
    embedder.texts.clear()
    assert best_sentences(query, passages("Only one."), embedder) == [(0, 9)]
    assert embedder.texts == []


def test_passages_without_text_have_none() -> None:
    assert best("q", "", "One. Two.")[0] is None


def test_no_passages_no_spans() -> None:
    assert best("q") == []
