"""Results: from the lists of the first stage to a hit in its final place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pertinent.types.places import Place, Unit
from pertinent.types.scores import ModelInfo, Score
from pertinent.types.served import Failover, Receipt, served, total_cost
from pertinent.types.texts import Document, Passage, Query, printable


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
                "lines": _range(passage.place, "line"),
                "pages": _range(passage.place, "page"),
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
            "reranker": {name: value for name, value in score.to_dict().items() if name in _ORIGIN}
            if score
            else None,
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
            **self.score.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Ranking(Sequence[RankedDocument]):
    """What ``Reranker.rank`` returns: documents, best first.

    ``index`` of each item is its place in the list that was given.

    Parameters
    ----------
    query : Query
        What was asked, and the instruction that the model was given.
    model : ModelInfo
        Who judged; of a cascade, both models.
    items : tuple[RankedDocument, ...]
        What was kept.
    large_share_saved : float | None
        Share of the documents, 0..1, that a cascade's large model did not have to read; None where
        one model read everything.
    receipts : tuple[Receipt, ...]
        What services took for it; empty where nothing was asked elsewhere.
    failovers : tuple[Failover, ...]
        Members of a chain that were asked before the one that answered, and why they did not.
    """

    query: Query
    model: ModelInfo
    items: tuple[RankedDocument, ...] = field(default=())
    large_share_saved: float | None = None
    receipts: tuple[Receipt, ...] = ()
    failovers: tuple[Failover, ...] = ()

    @property
    def cost(self) -> float | None:
        """US dollars that services took for it; None where that is not known, or nothing was asked there."""
        return total_cost(self.receipts)

    @property
    def served(self) -> dict[str, Any]:
        """Receipts, failovers and cost as plain values for JSON; empty where no service was asked."""
        return served(self.receipts, self.failovers) if self.receipts or self.failovers else {}

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


_ORIGIN = (
    "model", "revision", "engine", "dtype", "scale", "query_cut", "document_cut", "exact", "calibration",
)  # fmt: skip
"""What a hit tells of how its margin and its probability came about."""


def _range(place: Place | None, unit: Unit) -> list[int] | None:
    return [place.first, place.last] if place and place.unit == unit else None


def _shorten(document: Document, width: int = 90) -> str:
    line = printable(" ".join(": ".join(filter(None, (document.title, document.text))).split()))
    return line if len(line) <= width else line[: width - 1] + "…"
