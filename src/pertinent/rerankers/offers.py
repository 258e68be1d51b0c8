"""What is published of the models one chooses between: results, prices, and who said so.

Nothing here was measured by Pertinent. Prices change, and providers with them: every use of them
repeats ``PRICE_ORIGIN``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pertinent.families.carried import CARRIED_EMBEDDER, CARRIED_RERANKER
from pertinent.families.catalogue import known_model

RESULT_ORIGIN = "README of QwenLM/Qwen3-Embedding: the first 100 of Qwen3-Embedding-0.6B, reranked"
PRICE_ORIGIN = "as the provider's page stated it when last seen: check it there before relying on it"
GUIDE = "DeepInfra's guide to two-stage search"

QWEN3_ROWS = 151_669
"""Rows of the rerankers' word tables; a token is looked up there, not multiplied."""

BERT_ROWS = 30_522 + 512 + 2
"""The same for the carried pair: words, positions and the two segments."""


@dataclass(frozen=True, slots=True)
class Size:
    """A reranker, and the embedder of its family that goes before it.

    Parameters
    ----------
    name : str
        What people call it.
    reranker, embedder : str
        Names in ``families/catalogue.py``.
    weights : int
        Of both together.
    multiplied, embedder_multiplied : int
        Weights of reranker and embedder that each token is multiplied with: all but the word table.
    window : int
        Tokens of query and passage together.
    results : Mapping[str, float]
        Published results by benchmark; empty where none can be compared.
    """

    name: str
    reranker: str
    embedder: str
    weights: int
    multiplied: int
    embedder_multiplied: int
    window: int
    results: Mapping[str, float]


def _qwen3(name: str, hidden: int, tables: int, **results: float) -> Size:
    reranker, embedder = f"Qwen/Qwen3-Reranker-{name}", f"Qwen/Qwen3-Embedding-{name}"
    layers = _parameters(reranker) - tables * QWEN3_ROWS * hidden
    weights = _parameters(reranker) + _parameters(embedder)
    published = {key.replace("_", "-"): value for key, value in results.items()}
    return Size(name, reranker, embedder, weights, layers, layers, 32_768, MappingProxyType(published))


def _parameters(name: str) -> int:
    known = known_model(name)
    assert known is not None, name
    return known.parameters


CARRIED = Size(
    "carried",
    CARRIED_RERANKER,
    CARRIED_EMBEDDER,
    _parameters(CARRIED_RERANKER) + _parameters(CARRIED_EMBEDDER),
    _parameters(CARRIED_RERANKER) - BERT_ROWS * 384,
    _parameters(CARRIED_EMBEDDER) - BERT_ROWS * 384,
    512,
    MappingProxyType({}),
)
"""The pair in the package: English, CPU, nothing to download."""

# The 8B reranker alone has a head of its own beside the word table, of which two rows are read.
SIZES = (
    CARRIED,
    _qwen3(
        "0.6B", 1024, 1,
        MTEB_R=65.80, CMTEB_R=71.31, MMTEB_R=66.36, MLDR=67.28, MTEB_Code=73.42, FollowIR=5.41,
    ),
    _qwen3(
        "4B", 2560, 1,
        MTEB_R=69.76, CMTEB_R=75.94, MMTEB_R=72.74, MLDR=69.97, MTEB_Code=81.20, FollowIR=14.84,
    ),
    _qwen3(
        "8B", 4096, 2,
        MTEB_R=69.02, CMTEB_R=77.45, MMTEB_R=72.94, MLDR=70.19, MTEB_Code=81.22, FollowIR=8.05,
    ),
)  # fmt: skip
"""What can be chosen, smallest first."""

FIRST_STAGE: Mapping[str, float] = MappingProxyType(
    {"MTEB-R": 61.82, "CMTEB-R": 71.02, "MMTEB-R": 64.64, "MLDR": 50.26, "MTEB-Code": 75.41, "FollowIR": 5.09}
)
"""Published results of Qwen3-Embedding-0.6B alone, whose lists the rerankers put in order."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A size as a provider sells it.

    Parameters
    ----------
    provider, size : str
        Who, and which of ``SIZES``.
    dollars : float | None
        US dollars for a million tokens; None where it is not known here.
    doubt : str
        Why not to count on it; empty where nothing is known.
    """

    provider: str
    size: str
    dollars: float | None
    doubt: str = ""


_CLOSED = "users report that SiliconFlow answers 403, as a service that has ended"

OFFERS = (
    Offer("DeepInfra", "0.6B", 0.010),
    Offer("DeepInfra", "4B", None),
    Offer("DeepInfra", "8B", 0.050),
    Offer("Fireworks", "8B", 0.10),
    Offer("SiliconFlow", "0.6B", 0.01, _CLOSED),
    Offer("SiliconFlow", "4B", 0.02, _CLOSED),
    Offer("SiliconFlow", "8B", 0.04, f"{_CLOSED}, and another source states half of this price"),
)
"""Rerankers that providers sell."""
