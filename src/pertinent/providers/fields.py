"""Under which names a dialect says things in its requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

INSTRUCTION = ("instruction", "instruct", "task")
"""Names of an instruction; the server reads one in every dialect, whether the service itself would or not."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of a rerank request: the documented name first, then those that are read as well.

    Parameters
    ----------
    query, documents, model, instruction, limit, with_documents, raw_scores, truncate : tuple[str, ...]
        Empty where the dialect cannot say it.
    """

    query: tuple[str, ...] = ("query", "queries")
    documents: tuple[str, ...] = ("documents", "passages", "texts", "input")
    model: tuple[str, ...] = ("model",)
    instruction: tuple[str, ...] = ()
    limit: tuple[str, ...] = ("top_n", "top_k")
    with_documents: tuple[str, ...] = ("return_documents",)
    raw_scores: tuple[str, ...] = ()
    truncate: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EmbedFields:
    """Names of a request for vectors.

    Parameters
    ----------
    texts, model, dimensions, encoding, kind : tuple[str, ...]
        The documented name first; empty where the dialect cannot say it.
    kinds : Mapping[str, str | None]
        The service's words for what a text is, each with ``query``, ``document`` or None. The first for each
        is the one that is written.
    """

    texts: tuple[str, ...] = ("input",)
    model: tuple[str, ...] = ("model",)
    dimensions: tuple[str, ...] = ("dimensions",)
    encoding: tuple[str, ...] = ("encoding_format",)
    kind: tuple[str, ...] = ()
    kinds: Mapping[str, str | None] = field(default_factory=dict)
