"""From a model's name to what scores with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pertinent.engine.catalogue import is_own_model
from pertinent.engine.causal_model import EngineOptions
from pertinent.engine.hub import fetch_model, repository_of
from pertinent.errors import UsageError
from pertinent.families.catalogue import known_model, require_kind
from pertinent.providers.leaving import services_of
from pertinent.providers.remote_name import LOCAL, remote_name
from pertinent.rerankers.causal import CausalReranker
from pertinent.rerankers.chain import Chain
from pertinent.rerankers.member import Member
from pertinent.rerankers.protocol import Scorer
from pertinent.types import ModelInfo, Progress

if TYPE_CHECKING:
    from pertinent.providers.configured import RemoteName
    from pertinent.rerankers.local import LocalReranker


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """How a named model is read and run; carried models have no choice in it.

    Parameters
    ----------
    engine : EngineOptions
        What it runs on.
    family, max_tokens, prompt, check
        See ``CausalReranker``.
    offline : bool | None
        Never ask the hub; None takes the setting's.
    """

    engine: EngineOptions = field(default_factory=EngineOptions)
    family: str | None = None
    max_tokens: int | None = None
    prompt: str = "card"
    check: bool = True
    offline: bool | None = None


def open_scorer(model: str | Path, options: ModelOptions, *, progress: Progress | None = None) -> Scorer:
    """Find a model and make what scores with it.

    Parameters
    ----------
    model : str | Path
        A carried model's name; a folder, in the layout of the carried ones or of Hugging Face; or a
        Hugging Face name, perhaps with ``@revision``, which is downloaded once; each perhaps behind
        ``local:``. Or a model at a service: ``PROVIDER:MODEL``, or the whole address of an endpoint.
    options : ModelOptions
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
    return open_local(model, options, progress=progress)


def open_local(
    model: str | Path, options: ModelOptions, *, progress: Progress | None = None
) -> LocalReranker | CausalReranker:
    """Make what scores with a model on this machine (see ``open_scorer``)."""
    if is_own_model(model):
        _require_no_choice(model, options)
        from pertinent.rerankers.local import LocalReranker

        chosen = options.engine
        return LocalReranker(model, threads=chosen.threads or None, batch_tokens=chosen.batch_tokens)
    repository = repository_of(model)
    if repository and options.family is None:
        require_kind(repository, "reranker")
    folder = fetch_model(model, offline=options.offline, progress=progress)
    return CausalReranker(
        folder,
        name=repository,
        family=options.family,
        prompt=options.prompt,
        max_tokens=options.max_tokens,
        options=options.engine,
        check=options.check,
    )


def open_chain(
    models: Sequence[str | Path | Scorer],
    options: ModelOptions,
    *,
    hedge: bool = False,
    progress: Progress | None = None,
) -> Chain:
    """Make a chain of rerankers.

    Names are checked now, so that none is found wrong when it is needed; a Hugging Face model is downloaded
    when those before it have failed.

    Parameters
    ----------
    models : Sequence[str | Path | Scorer]
        As for ``open_scorer``, or rerankers; the first is asked first.
    options : ModelOptions
        Only ``offline`` may be given: others would fit one member and not another.
    hedge : bool
        See ``Chain``.
    progress : Callable[[int, int], None] | None
        Called during a download.

    Raises
    ------
    UsageError
        If options are given, or something in the list is no reranker.
    """
    if replace(options, offline=None) != ModelOptions():
        raise UsageError(
            "Options were given for a list of rerankers.",
            hint="Give them to one of them: Reranker([..., Reranker(MODEL, option=...)]).",
        )
    return Chain([_member(model, options, progress) for model in models], hedge=hedge)


def _member(model: object, options: ModelOptions, progress: Progress | None) -> Member:
    if not isinstance(model, str | Path):
        if not isinstance(model, Scorer):
            raise UsageError(
                f"A reranker of the list is of type {type(model).__name__}.",
                hint="Give names, folders or rerankers.",
            )
        return Member(model.model, lambda: model, services_of(model))
    bare = model.removeprefix(LOCAL) if isinstance(model, str) else model
    repository = repository_of(bare)
    if repository is None or is_own_model(bare):
        scorer = open_scorer(model, options, progress=progress)
        return Member(scorer.model, lambda: scorer, services_of(scorer))
    require_kind(repository, "reranker")
    unknown = ModelInfo(repository, "", "", "reranker", 0, 0, "")
    info = known_model(repository) or unknown
    return Member(info, partial(open_scorer, model, options, progress=progress))


def _open_remote(model: str, name: RemoteName, options: ModelOptions) -> Scorer:
    # Nothing is downloaded there, and nothing is asked of a hub: offline does not matter.
    if replace(options, offline=None) != ModelOptions():
        raise UsageError(
            f"{model} runs at a service, which chooses engine, device and all else.",
            hint="Leave these options out, or name a local model.",
        )
    from pertinent.providers.client import service_of
    from pertinent.providers.configured import configured_for
    from pertinent.rerankers.remote import RemoteReranker

    provider, wanted = configured_for(name, "reranker")
    return RemoteReranker(service_of(provider), wanted, source=model)


def _require_no_choice(model: str | Path, options: ModelOptions) -> None:
    plain = ModelOptions()
    asked = {
        **options.engine.beyond_carried,
        "family": options.family is not None,
        "max_tokens": options.max_tokens is not None,
        "prompt": options.prompt != plain.prompt,
    }
    if names := [name for name, wanted in asked.items() if wanted]:
        raise UsageError(
            f"{model} has no choice of {', '.join(names)}: it runs in int8 on OpenVINO.",
            hint="Leave it out, or give a Hugging Face model.",
        )
