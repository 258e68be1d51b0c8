"""Tell dialects apart by the answers they give to a rerank request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def shape_of(body: Any) -> str:
    """Name of the dialect that answers in this shape; empty where none does."""
    if isinstance(body, list):
        return _of_results_alone(body)
    if not isinstance(body, Mapping):
        return ""
    if isinstance(body.get("scores"), list):
        return "deepinfra"
    return _of_results(body) if isinstance(body.get("results"), list) else _of_data(body)


def _of_results_alone(results: list[Any]) -> str:
    first = _object(results[0] if results else None)
    if "score" not in first:
        return ""
    return "sglang" if "meta_info" in first else "tei"


def _of_results(body: Mapping[str, Any]) -> str:
    meta, usage = _object(body.get("meta")), _object(body.get("usage"))
    if "api_version" in meta:
        return "cohere"
    if meta or "tokens" in body:
        return "siliconflow"
    if str(body.get("id", "")).startswith("rerank-"):
        return "vllm"
    return "jina" if usage and "id" not in body else "pertinent"


def _of_data(body: Mapping[str, Any]) -> str:
    data, usage = body.get("data"), _object(body.get("usage"))
    if isinstance(data, Mapping):
        return "openmem" if isinstance(data.get("results"), list) else ""
    first = _object(data[0] if isinstance(data, list) and data else None)
    if "score" in first:
        return "vllm-score"
    if "relevance_score" in first:
        return "fireworks" if "prompt_tokens" in usage else "voyage"
    return ""


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
