"""What a service is known for: where it is, what it is called, its names, limits and prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from pertinent.providers.fields import EmbedFields, Fields

MODEL_IN_PATH = "{model}"
"""Where a path holds the model's name."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a service takes at most; None where it names no bound.

    Parameters
    ----------
    documents : int | None
        Of one rerank call.
    texts : int | None
        Of one embedding call.
    query_tokens, pair_tokens, call_tokens : int | None
        Of a query, of a query with one document, and of a whole call.
    """

    documents: int | None = None
    texts: int | None = None
    query_tokens: int | None = None
    pair_tokens: int | None = None
    call_tokens: int | None = None


class Facts:
    """The class attributes of a dialect.

    Attributes
    ----------
    name : str
        Before the colon in ``deepinfra:Qwen/Qwen3-Reranker-8B``.
    mount : str
        The server answers below ``/MOUNT``: the name, but that two dialects of one service share theirs.
    address : str
        The service's own address; empty for servers that people run themselves.
    rerank_paths, embed_paths : tuple[str, ...]
        The documented path first; ``{model}`` stands for the model's name. The server answers at all of them.
    key_variable : str
        Environment variable of the key by the service's own documentation.
    key_scheme : str
        Before the key in the header ``Authorization``.
    fields : Fields
        Names of a rerank request.
    embed_fields : EmbedFields
        Names of a request for vectors.
    results : str
        Under which name an answer lists its results; empty where the list stands alone.
    score : str
        A result's score.
    sorted : bool
        Whether answers come best first.
    with_documents : bool
        Whether results repeat their texts by default.
    raw : bool
        Whether scores are margins by default; else probabilities.
    truncates : bool
        Whether texts that are too long are cut by default; else they are refused.
    paired : bool
        Whether each document may have a query of its own.
    lone_document : bool
        Whether one document may stand without a list around it.
    least_limit : int
        The least limit that is no fault; 0 asks for all.
    fault_status : int
        HTTP status of a request that cannot be read.
    limits : Limits
        What the service takes at most.
    prices : Mapping[str, float]
        US dollars for a million tokens by model, as last seen; settings may say otherwise.
    """

    name: ClassVar[str]
    mount: ClassVar[str]
    address: ClassVar[str] = ""
    rerank_paths: ClassVar[tuple[str, ...]] = ()
    embed_paths: ClassVar[tuple[str, ...]] = ()
    key_variable: ClassVar[str] = ""
    key_scheme: ClassVar[str] = "Bearer"
    fields: ClassVar[Fields] = Fields()
    embed_fields: ClassVar[EmbedFields] = EmbedFields()
    results: ClassVar[str] = "results"
    score: ClassVar[str] = "relevance_score"
    sorted: ClassVar[bool] = True
    with_documents: ClassVar[bool] = False
    raw: ClassVar[bool] = False
    truncates: ClassVar[bool] = True
    paired: ClassVar[bool] = False
    lone_document: ClassVar[bool] = False
    least_limit: ClassVar[int] = 1
    fault_status: ClassVar[int] = 400
    limits: ClassVar[Limits] = Limits()
    prices: ClassVar[Mapping[str, float]] = MappingProxyType({})
