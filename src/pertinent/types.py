"""The words everyone shares: immutable, slotted records.

Document (what came in) -> Passage (what is scored) -> Candidate (a passage with its first-stage
evidence) -> Score (what a reranker says of it) -> Hit (a candidate in its final place).
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal, TypeAlias

MetadataValue: TypeAlias = str | int | float | bool | tuple[str, ...]
Metadata: TypeAlias = Mapping[str, MetadataValue]
Progress: TypeAlias = Callable[[int, int], None]
"""Called with (done, total) during long work; total is 0 while it is not known."""


def content_hash(*parts: str) -> str:
    """Hash texts to 32 hexadecimal digits, stable over runs and machines.

    The parts are length-prefixed, so moving a character from one to the next changes the hash.

    Examples
    --------
    >>> content_hash("ab", "c") == content_hash("a", "bc")
    False
    """
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Document:
    """What came in: one citation, file, row or string.

    Parameters
    ----------
    id : str
        Identity. A later document with the same id and other content replaces this one.
    text : str
        The body, as read.
    title : str
        Shown with each hit and scored with each passage.
    metadata : Mapping[str, str | int | float | bool | tuple[str, ...]]
        What filters may ask for: pmid, doi, journal, year, mesh, publication_types, language ...
    source : str
        The file it was read from, or empty.

    Examples
    --------
    >>> Document("1", "Metformin lowers glucose.", title="Metformin").fingerprint[:8]
    '331f4d84'
    """

    id: str
    text: str
    title: str = ""
    metadata: Metadata = field(default_factory=dict)
    source: str = ""

    @property
    def fingerprint(self) -> str:
        """Hash of everything but the source: equal fingerprints need no second indexing."""
        flat = (f"{name}={self.metadata[name]!r}" for name in sorted(self.metadata))
        return content_hash(self.id, self.title, self.text, *flat)


@dataclass(frozen=True, slots=True)
class Passage:
    """What is embedded, found and scored: a stretch of one document.

    Parameters
    ----------
    id : str
        UUID made from the document's fingerprint and the offsets.
    document_id : str
        The document it was cut from.
    text : str
        Exactly ``document.text[start:end]``.
    start, end : int
        Character offsets into the document's text.
    title : str
        The document's title.
    headings : tuple[str, ...]
        The headings that stand over the passage, outermost first.
    metadata : Mapping
        The document's metadata.
    source : str
        The file the document was read from.
    """

    id: str
    document_id: str
    text: str
    start: int = 0
    end: int = 0
    title: str = ""
    headings: tuple[str, ...] = ()
    metadata: Metadata = field(default_factory=dict)
    source: str = ""

    @property
    def content(self) -> str:
        """What models read: title, headings and text, one a line.

        Examples
        --------
        >>> Passage("p", "d", "It lowers glucose.", title="Metformin").content
        'Metformin\\nIt lowers glucose.'
        """
        lines = (self.title, " > ".join(self.headings), self.text)
        return "\n".join(line for line in lines if line)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked, with the instruction that says what counts as an answer."""

    text: str
    instruction: str | None = None


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of a model, enough to choose it and to cite it.

    Parameters
    ----------
    name, revision : str
        Which weights; scores of different revisions are never mixed.
    family : str
        The file in ``families/`` that prompts and reads it.
    kind : {"reranker", "embedder"}
        What it does.
    max_tokens : int
        Its window, special tokens included.
    parameters : int
        Number of weights.
    licence : str
        SPDX identifier.
    dimensions : int
        Width of its vectors; 0 for a reranker.
    description : str
        One line for people.
    """

    name: str
    revision: str
    family: str
    kind: Literal["reranker", "embedder"]
    max_tokens: int
    parameters: int
    licence: str
    dimensions: int = 0
    description: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """What a reranker says of one pair.

    Parameters
    ----------
    margin : float
        Evidence for relevance, unbounded; comparable within one model and revision only.
    probability : float
        The margin as 0..1.
    scale : str
        What the producing system returned: ``"margin"`` or ``"probability"``.
    model, revision : str
        Who says so.
    windows : int
        In how many overlapping windows the text was read; the best one gave the margin.
    """

    margin: float
    probability: float
    scale: str
    model: str
    revision: str
    windows: int = 1

    @classmethod
    def from_margin(cls, margin: float, model: ModelInfo, *, windows: int = 1) -> Score:
        """Score with the plain logistic probability of a margin.

        Examples
        --------
        >>> mini = ModelInfo("m", "1", "cross_encoder", "reranker", 512, 1, "Apache-2.0")
        >>> Score.from_margin(0.0, mini).probability
        0.5
        """
        return cls(margin, logistic(margin), "margin", model.name, model.revision, windows)


def logistic(margin: float) -> float:
    """1 / (1 + exp(-margin)) without overflow.

    Examples
    --------
    >>> logistic(-1000.0), logistic(1000.0)
    (0.0, 1.0)
    """
    if margin >= 0:
        return 1.0 / (1.0 + math.exp(-margin))
    power = math.exp(margin)
    return power / (1.0 + power)


Scores: TypeAlias = tuple[Score, ...]
"""One score per document, in the order of the documents."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage as one first-stage list returned it."""

    passage: Passage
    score: float


@dataclass(frozen=True, slots=True)
class FirstStage:
    """The two lists of the first stage, best first."""

    dense: tuple[Found, ...] = ()
    bm25: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage with its first-stage evidence.

    Parameters
    ----------
    passage : Passage
        The passage.
    rrf : float
        Sum of ``1 / (60 + rank)`` over the lists it stands in.
    rank : int
        Place in the fused order, from 1.
    dense_rank, bm25_rank : int | None
        Place in each list, from 1; None where it was not among that list's candidates.
    dense_score, bm25_score : float | None
        Cosine and BM25 score.
    """

    passage: Passage
    rrf: float
    rank: int
    dense_rank: int | None = None
    dense_score: float | None = None
    bm25_rank: int | None = None
    bm25_score: float | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate in its final place.

    Parameters
    ----------
    rank : int
        Final place, from 1.
    candidate : Candidate
        Passage and first-stage evidence.
    score : Score | None
        The reranker's word; None where it was not asked.
    final : float
        What the order follows.
    best_sentence : tuple[int, int] | None
        Offsets into ``passage.text`` of the sentence that matches best.
    """

    rank: int
    candidate: Candidate
    score: Score | None
    final: float
    best_sentence: tuple[int, int] | None = None

    @property
    def passage(self) -> Passage:
        """The passage itself."""
        return self.candidate.passage

    @property
    def reranked(self) -> bool:
        """Whether the reranker scored this hit."""
        return self.score is not None

    @property
    def sentence(self) -> str:
        """The best sentence as text; empty where there is none."""
        if self.best_sentence is None:
            return ""
        start, end = self.best_sentence
        return self.passage.text[start:end]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        passage, candidate, score = self.passage, self.candidate, self.score
        return {
            "rank": self.rank,
            "final": self.final,
            "margin": score.margin if score else None,
            "probability": score.probability if score else None,
            "reranked": self.reranked,
            "windows": score.windows if score else 0,
            "document": {
                "id": passage.document_id,
                "title": passage.title,
                "source": passage.source,
                "metadata": {
                    name: list(value) if isinstance(value, tuple) else value
                    for name, value in passage.metadata.items()
                },
            },
            "passage": {
                "id": passage.id,
                "text": passage.text,
                "start": passage.start,
                "end": passage.end,
                "headings": list(passage.headings),
            },
            "best_sentence": None
            if self.best_sentence is None
            else {"start": self.best_sentence[0], "end": self.best_sentence[1], "text": self.sentence},
            "first_stage": {
                "rank": candidate.rank,
                "rrf": candidate.rrf,
                "dense_rank": candidate.dense_rank,
                "dense_score": candidate.dense_score,
                "bm25_rank": candidate.bm25_rank,
                "bm25_score": candidate.bm25_score,
            },
            "reranker": {"model": score.model, "revision": score.revision} if score else None,
        }


@dataclass(frozen=True, slots=True)
class RankedDocument:
    """One document of a ranking."""

    rank: int
    index: int
    document: Document
    score: Score

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "rank": self.rank,
            "index": self.index,
            "id": self.document.id,
            "title": self.document.title,
            "text": self.document.text,
            "margin": self.score.margin,
            "probability": self.score.probability,
            "windows": self.score.windows,
            "model": self.score.model,
            "revision": self.score.revision,
        }


@dataclass(frozen=True, slots=True)
class Ranking(Sequence[RankedDocument]):
    """What ``Reranker.rank`` returns: documents, best first.

    ``index`` of each item is its place in the list that was given.
    """

    query: Query
    model: ModelInfo
    items: tuple[RankedDocument, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: Any) -> Any:
        return self.items[index]

    def __iter__(self) -> Iterator[RankedDocument]:
        return iter(self.items)

    def __str__(self) -> str:
        if not self.items:
            return "(no documents)"
        return "\n".join(
            f"{item.rank:>3}  {item.score.probability:6.4f}  {_shorten(item.document)}" for item in self.items
        )


def printable(text: str) -> str:
    """Text whose control and format characters cannot steer a terminal; offsets stay what they are.

    Format characters turn the direction of text around or hide it, so that it reads as something
    else. Those that spelling needs stay: the joiners of many scripts and the soft hyphen.

    Examples
    --------
    >>> printable("red \\x1b[31malert")
    'red �[31malert'
    """
    return "".join("\ufffd" if unicodedata.category(c) in _UNSAFE and c not in _SAFE else c for c in text)


_UNSAFE = {"Cc", "Cf", "Cs"}
_SAFE = "\n\t\u00ad\u200c\u200d"


def _shorten(document: Document, width: int = 90) -> str:
    line = printable(" ".join(": ".join(filter(None, (document.title, document.text))).split()))
    return line if len(line) <= width else line[: width - 1] + "…"
