"""What is asked of a reranking or embedding service and what it answers, whatever dialect is spoken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Request:
    """What is posted: a path below the address, ``{model}`` filled in, and a JSON body."""

    path: str
    body: Any


@dataclass(frozen=True, slots=True)
class RerankCall:
    """Documents to score, for one query or each for its own.

    Parameters
    ----------
    queries : tuple[str, ...]
        One question for all documents, or one for each.
    documents : tuple[str, ...]
        Texts to score.
    model : str
        As the service knows it; empty where the service has but one.
    instruction : str | None
        What counts as an answer.
    limit : int | None
        So many results, the best; None asks for all.
    with_documents : bool | None
        Whether results repeat their texts; None takes what the dialect does by itself.
    raw_scores : bool
        Whether margins are wanted in place of probabilities, where a dialect has both.
    truncate : bool
        Whether a text that is too long is cut rather than refused.
    """

    queries: tuple[str, ...]
    documents: tuple[str, ...]
    model: str = ""
    instruction: str | None = None
    limit: int | None = None
    with_documents: bool | None = None
    raw_scores: bool = False
    truncate: bool = True


@dataclass(frozen=True, slots=True)
class Ranked:
    """One result: place in the documents asked about, and score."""

    index: int
    score: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call cost.

    Parameters
    ----------
    tokens : int | None
        Tokens read; None where the service does not tell.
    cost : float | None
        US dollars that the service names; None where it names none.
    request_id : str
        The service's own name of the call; empty where it has none.
    """

    tokens: int | None = None
    cost: float | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class RerankAnswer:
    """Results of a call.

    Parameters
    ----------
    ranked : tuple[Ranked, ...]
        Best first where the service sorts, else in the order of the documents.
    usage : Usage
        What it cost.
    model : str
        As the service names it.
    """

    ranked: tuple[Ranked, ...]
    usage: Usage = Usage()
    model: str = ""


@dataclass(frozen=True, slots=True)
class EmbedCall:
    """Texts to embed.

    Parameters
    ----------
    texts : tuple[str, ...]
        As they are to be read; an instruction for queries stands in them already.
    model : str
        As the service knows it.
    dimensions : int | None
        Width of the vectors; None takes the model's own.
    kind : {"query", "document"} | None
        For services that ask which of the two a text is.
    base64 : bool
        Whether vectors travel as base64 of little-endian float32.
    """

    texts: tuple[str, ...]
    model: str = ""
    dimensions: int | None = None
    kind: str | None = None
    base64: bool = False


@dataclass(frozen=True, slots=True)
class EmbedAnswer:
    """Vectors of a call: float32, shape (texts, dimensions)."""

    vectors: npt.NDArray[np.float32]
    usage: Usage = Usage()
    model: str = ""
