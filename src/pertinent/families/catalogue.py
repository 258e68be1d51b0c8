"""The models that Pertinent knows by name.

Of a carried model the revision is empty here: it is read from its folder. Of a published one it is
the commit that is taken where a person names none: for the Qwen3 rerankers the one that mteb
(embeddings-benchmark/mteb) pins for its published results. Empty means the newest.
"""

from __future__ import annotations

from typing import Literal

from pertinent.errors import ModelError
from pertinent.families import bert_embedder, cross_encoder, qwen3_embedding, qwen3_reranker
from pertinent.families.carried import CARRIED_EMBEDDER, CARRIED_RERANKER
from pertinent.types import ModelInfo

CARRIED_MODELS: tuple[ModelInfo, ...] = (
    ModelInfo(
        name=CARRIED_EMBEDDER,
        revision="",
        family=bert_embedder.NAME,
        kind="embedder",
        max_tokens=512,
        parameters=22_565_376,
        licence="Apache-2.0",
        dimensions=384,
        description="English sentence vectors for medicine and general text, carried in the package",
    ),
    ModelInfo(
        name=CARRIED_RERANKER,
        revision="",
        family=cross_encoder.NAME,
        kind="reranker",
        max_tokens=512,
        parameters=33_360_385,
        licence="Apache-2.0",
        description="English cross-encoder for medicine and general text, carried in the package",
    ),
)
"""Models that travel in the package."""


def _qwen3(
    name: str,
    kind: Literal["reranker", "embedder"],
    parameters: int,
    description: str,
    *,
    revision: str = "",
    dimensions: int = 0,
) -> ModelInfo:
    family = qwen3_reranker if kind == "reranker" else qwen3_embedding
    return ModelInfo(
        name=name,
        revision=revision,
        family=family.NAME,
        kind=kind,
        max_tokens=family.MAX_TOKENS,
        parameters=parameters,
        licence="Apache-2.0",
        dimensions=dimensions,
        description=description,
    )


PUBLISHED_MODELS: tuple[ModelInfo, ...] = (
    _qwen3(
        "Qwen/Qwen3-Reranker-0.6B",
        "reranker",
        595_776_512,
        "yes/no reranker with instructions, over 100 languages; the smallest and fastest",
        revision="6e9e69830b95c52b5fd889b7690dda3329508de3",
    ),
    _qwen3(
        "Qwen/Qwen3-Reranker-4B",
        "reranker",
        4_021_784_576,
        "yes/no reranker with instructions, over 100 languages; best of its family in English",
        revision="f16fc5d5d2b9b1d0db8280929242745d79794ef5",
    ),
    _qwen3(
        "Qwen/Qwen3-Reranker-8B",
        "reranker",
        8_188_548_096,
        "yes/no reranker with instructions, over 100 languages; best of its family in Chinese",
        revision="5fa94080caafeaa45a15d11f969d7978e087a3db",
    ),
    _qwen3(
        "IAAR-Shanghai/MemReranker-4B",
        "reranker",
        4_021_784_576,
        "Qwen3-Reranker-4B retrained for what was said in conversations",
    ),
    _qwen3(
        "Qwen/Qwen3-Embedding-0.6B",
        "embedder",
        595_776_512,
        "vectors with instructions for queries, over 100 languages; any width from 32 up",
        dimensions=1024,
    ),
    _qwen3(
        "Qwen/Qwen3-Embedding-4B",
        "embedder",
        4_021_774_336,
        "vectors with instructions for queries, over 100 languages; any width from 32 up",
        dimensions=2560,
    ),
    _qwen3(
        "Qwen/Qwen3-Embedding-8B",
        "embedder",
        7_567_295_488,
        "vectors with instructions for queries, over 100 languages; any width from 32 up",
        dimensions=4096,
    ),
)
"""Models that are downloaded from a Hugging Face hub when they are first named."""

KNOWN_MODELS = (*CARRIED_MODELS, *PUBLISHED_MODELS)


def known_model(name: str) -> ModelInfo | None:
    """Return what is known of a model of that name.

    Examples
    --------
    >>> known_model("pertinent-mini-reranker").max_tokens
    512
    """
    return next((model for model in KNOWN_MODELS if model.name == name), None)


def require_kind(name: str, kind: Literal["reranker", "embedder"]) -> None:
    """Refuse a model that is known to be of the other kind, before it is downloaded or read.

    Parameters
    ----------
    name : str
        Its name at Hugging Face; one that is not known passes.
    kind : {"reranker", "embedder"}
        What it shall be.

    Raises
    ------
    ModelError
        If it is the other.

    Examples
    --------
    >>> require_kind("Qwen/Qwen3-Reranker-0.6B", "reranker")
    """
    known = known_model(name)
    if known is not None and known.kind != kind:
        found, wanted = ("an embedder", "a reranker") if kind == "reranker" else ("a reranker", "an embedder")
        raise ModelError(
            f"{name} is {found}, not {wanted}.", hint=f"Load it with {known.kind.title()}, or name {wanted}."
        )
