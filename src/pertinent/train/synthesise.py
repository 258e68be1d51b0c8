"""Queries for texts that have none, each with the passage that answers it.

============  ========================================================================================
kind          query, and what is left out of the passage so that it does not give the query away
============  ========================================================================================
title         the title; passage without it
heading       title and innermost heading; passage without title and headings
sentence      a sentence that says what was found (see ``key_sentences``); passage without it
template      a question made of the title (see ``title_questions``); passage without title
keywords      the words that tell this text from others most; passage whole
provider      what a language model makes of the passage (see ``provider``); passage whole
============  ========================================================================================

Titles and headings as queries: MacAvaney et al., "Content-Based Weak Supervision for Ad-Hoc Re-Ranking",
SIGIR 2019. A sentence and its passage without it: the inverse cloze task of Lee et al., "Latent Retrieval for
Weakly Supervised Open Domain Question Answering", ACL 2019. Queries rewritten to keywords: Prism-Reranker
(arXiv 2604.23734), for about three of ten. Teachers judge afterwards what such pairs are worth (``label``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import NamedTuple, Protocol

from pertinent.errors import UsageError
from pertinent.ingest.chunker import Chunker, carried_chunker
from pertinent.train.data_config import SynthesiseConfig
from pertinent.train.examples import Example, TrainingPassage
from pertinent.train.key_sentences import key_sentences
from pertinent.train.terms import DocumentFrequencies, terms, words
from pertinent.train.title_questions import plain_title, title_questions
from pertinent.types import Document, Passage, content_hash

ORIGIN = "synthesised"
FEWEST_TERMS = 20
"""What a passage has at least, after something was left out of it."""
MOST_QUERY_CHARS = 500
MOST_WRITTEN = 20
"""Queries taken of one answer of a writer."""
KEYWORDS = 5
BLOCK = 2_000
"""Passages that are counted before queries are made of the first of them."""


class QueryWriter(Protocol):
    """Writes queries that a passage answers, such as a language model behind a provider."""

    def __call__(self, passage: str) -> list[str]:
        """Queries for one passage, best first."""
        ...


class MadeQuery(NamedTuple):
    """A query, and what is left of the passage that answers it."""

    query: str
    passage: str


def synthesise(
    documents: Iterable[Document],
    config: SynthesiseConfig,
    *,
    source: str,
    seed: int = 0,
    writer: QueryWriter | None = None,
    chunker: Chunker | None = None,
) -> Iterator[Example]:
    """Make examples of texts.

    Parameters
    ----------
    documents : Iterable[Document]
        Unlabelled texts; they are cut to passages.
    config : SynthesiseConfig
        Which kinds of queries, and how many for a passage. A passage takes its kinds in an order that the
        seed decides, passing over those that make nothing of it.
    source : str
        Name for the examples.
    seed : int
        Another one chooses other kinds and templates.
    writer : QueryWriter | None
        Needed for the kind ``provider``.
    chunker : Chunker | None
        Cuts the documents; None cuts as an index does.

    Returns
    -------
    Iterator[Example]
        With one relevant passage each; ``made_by`` is the kind. No query comes twice.

    Raises
    ------
    UsageError
        If queries should come from a provider and there is none.
    """
    if "provider" in config.kinds and writer is None:
        raise UsageError(
            "Queries should be written by a provider, and none is configured.",
            hint="Add a section [synthesise.provider], or leave the kind provider out of [synthesise].",
        )
    cut = carried_chunker() if chunker is None else chunker
    passages = (passage for document in documents for passage in cut.chunk(document))
    frequencies = DocumentFrequencies()
    seen: set[str] = set()
    while block := list(islice(passages, BLOCK)):
        for passage in block:
            frequencies.add(terms(passage.content))
        for passage in block:
            chosen = 0
            for kind, made in queries_of(passage, config.kinds, frequencies, seed, writer):
                key = content_hash(_folded(made.query))
                if key not in seen:
                    seen.add(key)
                    text = TrainingPassage(made.passage, True, ORIGIN)
                    yield Example(made.query, (text,), source, kind)
                    chosen += 1
                if chosen == config.per_text:
                    break


def queries_of(
    passage: Passage,
    kinds: Iterable[str],
    frequencies: DocumentFrequencies,
    seed: int,
    writer: QueryWriter | None = None,
) -> Iterator[tuple[str, MadeQuery]]:
    """The best query of each kind, then the second best; a kind that is not reached makes nothing.

    Parameters
    ----------
    passage : Passage
        What answers them.
    kinds : Iterable[str]
        Which (see above); the seed and the passage decide their order.
    frequencies : DocumentFrequencies
        Of texts like this one.
    seed : int
        Another one chooses other kinds and templates.
    writer : QueryWriter | None
        Asked for the kind ``provider``.

    Yields
    ------
    tuple[str, MadeQuery]
        Kind and query; the passage never holds the query word for word.
    """
    makers: Mapping[str, Callable[[], list[MadeQuery]]] = {
        "title": lambda: from_title(passage),
        "heading": lambda: from_heading(passage),
        "sentence": lambda: from_sentences(passage, frequencies),
        "template": lambda: from_template(passage, seed),
        "keywords": lambda: from_keywords(passage, frequencies),
        "provider": lambda: from_writer(passage, writer) if writer else [],
    }
    order = sorted(kinds, key=lambda kind: content_hash(str(seed), kind, passage.id))
    waiting: list[tuple[str, Iterator[MadeQuery]]] = []
    for kind in order:
        rest = iter([made for made in makers[kind]() if _usable(made)])
        if (first := next(rest, None)) is not None:
            yield kind, first
            waiting.append((kind, rest))
    while waiting:
        kind, rest = waiting.pop(0)
        if (more := next(rest, None)) is not None:
            yield kind, more
            waiting.append((kind, rest))


def from_title(passage: Passage) -> list[MadeQuery]:
    """The title, for the passage that opens its document.

    Examples
    --------
    >>> from_title(Passage("p", "d", "It lowers glucose.", title="Metformin in adults."))
    [MadeQuery(query='Metformin in adults', passage='It lowers glucose.')]
    """
    if passage.start or not passage.title:
        return []
    return [MadeQuery(plain_title(passage.title), replace(passage, title="").content)]


def from_heading(passage: Passage) -> list[MadeQuery]:
    """Title and innermost heading.

    Examples
    --------
    >>> from_heading(Passage("p", "d", "Inhaled steroids.", title="Asthma", headings=("Care", "Treatment")))
    [MadeQuery(query='Asthma Treatment', passage='Inhaled steroids.')]
    """
    if not passage.headings:
        return []
    above = [plain_title(passage.title), passage.headings[-1]]
    query = " ".join(dict.fromkeys(filter(None, above)))
    return [MadeQuery(query, replace(passage, title="", headings=()).content)]


def from_sentences(passage: Passage, frequencies: DocumentFrequencies) -> list[MadeQuery]:
    """Sentences that say what was found, best first, each with the passage that lacks it."""
    return [
        MadeQuery(
            key.claim,
            replace(
                passage,
                text=f"{passage.text[: key.start].rstrip()} {passage.text[key.end :].lstrip()}".strip(),
            ).content,
        )
        for key in key_sentences(passage.text, frequencies)
    ]


def from_template(passage: Passage, seed: int) -> list[MadeQuery]:
    """One question of those that the title gives, for the passage that opens its document."""
    questions = () if passage.start else title_questions(passage.title)
    chosen = sorted(questions, key=lambda question: content_hash(str(seed), question))[:1]
    return [MadeQuery(question, replace(passage, title="").content) for question in chosen]


def from_keywords(passage: Passage, frequencies: DocumentFrequencies) -> list[MadeQuery]:
    """The words of highest tf-idf, in the order of the text; none in scripts without spaces."""
    written = [word for word in words(passage.content) if len(word) > 2 and not word[0].isdigit()]
    weights = frequencies.weights(word.casefold() for word in written)
    best = sorted((term for term in weights if weights[term]), key=lambda term: -weights[term])[:KEYWORDS]
    surface = {word.casefold(): word for word in reversed(written)}
    query = " ".join(surface[term] for term in weights if term in best)
    return [MadeQuery(query, passage.content)] if len(best) == KEYWORDS else []


def from_writer(passage: Passage, writer: QueryWriter) -> list[MadeQuery]:
    """What a writer makes of the passage; what is no text is passed over."""
    written = writer(passage.content)[:MOST_WRITTEN]
    return [
        MadeQuery(" ".join(query.split()), passage.content) for query in written if isinstance(query, str)
    ]


def _usable(made: MadeQuery) -> bool:
    """Whether there is a query and a passage, and the passage does not hold the query word for word."""
    return (
        bool(terms(made.query))
        and len(made.query) <= MOST_QUERY_CHARS
        and len(terms(made.passage)) >= FEWEST_TERMS
        and f" {_folded(made.query)} " not in f" {_folded(made.passage)} "
    )


def _folded(text: str) -> str:
    return " ".join(terms(text))
