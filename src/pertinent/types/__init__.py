"""The words everyone shares: immutable, slotted records.

Document (what came in) -> Passage (what is scored) -> Candidate (a passage with its first-stage
evidence) -> Score (what a reranker says of it) -> Hit (a candidate in its final place).
"""

from __future__ import annotations

from pertinent.types.places import Place, Places, Section, line_places
from pertinent.types.results import Candidate, FirstStage, Found, Hit, RankedDocument, Ranking
from pertinent.types.scores import ModelInfo, Progress, Score, Scores, logistic
from pertinent.types.served import Failover, Receipt
from pertinent.types.texts import Document, Metadata, MetadataValue, Passage, Query, content_hash, printable

__all__ = [
    "Candidate",
    "Document",
    "Failover",
    "FirstStage",
    "Found",
    "Hit",
    "Metadata",
    "MetadataValue",
    "ModelInfo",
    "Passage",
    "Place",
    "Places",
    "Progress",
    "Query",
    "RankedDocument",
    "Ranking",
    "Receipt",
    "Score",
    "Scores",
    "Section",
    "content_hash",
    "line_places",
    "logistic",
    "printable",
]
