"""From a model's name to what embeds with it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pertinent.embedders.protocol import TextEmbedder
from pertinent.engine.causal_model import EngineOptions
from pertinent.errors import UsageError
from pertinent.providers.remote_name import LOCAL, remote_name
from pertinent.types import ModelInfo, Progress

if TYPE_CHECKING:
    from pertinent.providers.configured import RemoteName


@dataclass(frozen=True, slots=True)
class EmbedderOptions:
    """How a named model embeds; carried models have no choice in it.

    Parameters
    ----------
    dimensions, query_instruction, max_tokens, check
        See ``CausalEmbedder``.
    engine : EngineOptions
        What it runs on.
    offline : bool | None
        Never ask the hub; None takes the setting's.
    """

    dimensions: int | None = None
    query_instruction: str | None = None
    engine: EngineOptions = field(default_factory=EngineOptions)
    max_tokens: int | None = None
    check: bool = True
    offline: bool | None = None


def open_embedder(
    model: str | Path, options: EmbedderOptions, *, progress: Progress | None = None
) -> TextEmbedder:
    """Find a model and make what embeds with it.

    Parameters
    ----------
    model : str | Path
        As ``open_scorer`` in ``rerankers/opening.py`` takes it.
    options : EmbedderOptions
        How to run it.
    progress : Callable[[int, int], None] | None
        Called with (bytes here, bytes in all) during a download.

    Raises
    ------
    ModelError
        If there is no such model.
    FetchError
        If it cannot be downloaded.
    UsageError
        If options are given that this model has not, or there is no such provider.
    """
    if isinstance(model, str):
        if remote := remote_name(model):
            return _open_remote(model, remote, options)
        model = model.removeprefix(LOCAL)
    from pertinent.engine.catalogue import is_own_model

    if is_own_model(model):
        from pertinent.embedders.local import LocalEmbedder

        local = LocalEmbedder(
            model, threads=options.engine.threads or None, batch_tokens=options.engine.batch_tokens
        )
        _require_no_choice(local.model, options)
        return local
    from pertinent.embedders.causal import CausalEmbedder
    from pertinent.engine.hub import fetch_model, repository_of
    from pertinent.families.catalogue import require_kind

    repository = repository_of(model)
    if repository:
        require_kind(repository, "embedder")
    return CausalEmbedder(
        fetch_model(model, offline=options.offline, progress=progress),
        name=repository,
        dimensions=options.dimensions,
        query_instruction=options.query_instruction,
        options=options.engine,
        max_tokens=options.max_tokens,
        check=options.check,
    )


def _open_remote(model: str, name: RemoteName, options: EmbedderOptions) -> TextEmbedder:
    given = replace(options, dimensions=None, query_instruction=None, offline=None)
    if given != EmbedderOptions():
        raise UsageError(
            f"{model} runs at a service, which chooses engine, device and all else.",
            hint="Give dimensions and query_instruction alone, or name a local model.",
        )
    from pertinent.embedders.remote import RemoteEmbedder
    from pertinent.providers.client import service_of
    from pertinent.providers.configured import configured_for

    provider, wanted = configured_for(name, "embedder")
    return RemoteEmbedder(
        service_of(provider),
        wanted,
        dimensions=options.dimensions,
        query_instruction=options.query_instruction,
        source=model,
    )


def _require_no_choice(model: ModelInfo, options: EmbedderOptions) -> None:
    asked = {
        "dimensions": options.dimensions not in (None, model.dimensions),
        "query_instruction": bool(options.query_instruction),
        **options.engine.beyond_carried,
        "max_tokens": options.max_tokens is not None,
    }
    if names := [name for name, wanted in asked.items() if wanted]:
        raise UsageError(
            f"{model.name} has no choice of {', '.join(names)}: its vectors have {model.dimensions} "
            "dimensions, it reads no instruction, and runs in int8 on OpenVINO.",
            hint="Leave it out, or give a model such as Qwen/Qwen3-Embedding-0.6B.",
        )
