"""Which two models a search over documents in memory takes, and where they run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

from pertinent.providers.remote_name import LOCAL, remote_name

M = TypeVar("M")

PresetName: TypeAlias = Literal["fast", "balanced", "precision"]


@dataclass(frozen=True, slots=True)
class Preset:
    """Two models that belong together."""

    embedding_model: str
    reranker_model: str


PRESETS: Mapping[str, Preset] = {
    name: Preset(f"Qwen/Qwen3-Embedding-{size}", f"Qwen/Qwen3-Reranker-{size}")
    for name, size in (("fast", "0.6B"), ("balanced", "4B"), ("precision", "8B"))
}


_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def model_at(model: M, provider: str, path: str) -> M | str:
    """The name by which a model is found where the provider is; what says itself where it is stays so.

    Parameters
    ----------
    model : str | object
        A name, or a model that is made already.
    provider : str
        A provider's name or an address; empty for models that run here.
    path : str
        Of the endpoint, at an address.

    Raises
    ------
    UsageError
        If there is no such provider.

    Examples
    --------
    >>> [model_at("m", provider, "/v1/rerank") for provider in ("", "deepinfra", "http://127.0.0.1:8000")]
    ['m', 'deepinfra:m', 'http://127.0.0.1:8000/v1/rerank#m']
    """
    if not isinstance(model, str) or model.startswith(LOCAL) or remote_name(model):
        return model
    if not provider:
        return model
    if _ADDRESS.match(provider):
        model_there = f"{provider.rstrip('/')}{path}#{model}"
    else:
        model_there = f"{provider}:{model}"
    remote_name(model_there)  # an error now, where there is no such provider
    return model_there
