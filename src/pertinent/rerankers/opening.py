"""From a model's name to what scores with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pertinent.engine.catalogue import is_own_model
from pertinent.engine.causal_model import EngineOptions
from pertinent.engine.hub import HubName, fetch_model, is_hub_name
from pertinent.errors import UsageError
from pertinent.families.catalogue import require_kind
from pertinent.rerankers.causal import CausalReranker
from pertinent.types import Progress

if TYPE_CHECKING:
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


def open_scorer(
    model: str | Path, options: ModelOptions, *, progress: Progress | None = None
) -> LocalReranker | CausalReranker:
    """Find a model and make what scores with it.

    Parameters
    ----------
    model : str | Path
        A carried model's name; a folder, in the layout of the carried ones or of Hugging Face; or a
        Hugging Face name, perhaps with ``@revision``, which is downloaded once.
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
        If options are given that this model has not.
    """
    if is_own_model(model):
        _require_no_choice(model, options)
        from pertinent.rerankers.local import LocalReranker

        chosen = options.engine
        return LocalReranker(model, threads=chosen.threads or None, batch_tokens=chosen.batch_tokens)
    named = HubName.parse(str(model)) if is_hub_name(model) else None
    if named and options.family is None:
        require_kind(named.repository, "reranker")
    folder = fetch_model(model, offline=options.offline, progress=progress)
    return CausalReranker(
        folder,
        name=named.repository if named else None,
        family=options.family,
        prompt=options.prompt,
        max_tokens=options.max_tokens,
        options=options.engine,
        check=options.check,
    )


def _require_no_choice(model: str | Path, options: ModelOptions) -> None:
    plain = ModelOptions()
    asked = {
        "engine": options.engine.engine not in ("auto", "openvino"),
        "device": options.engine.device not in ("auto", "cpu"),
        "dtype": options.engine.dtype not in ("auto", "int8"),
        "compiled": options.engine.compiled,
        "family": options.family is not None,
        "max_tokens": options.max_tokens is not None,
        "prompt": options.prompt != plain.prompt,
    }
    if names := [name for name, wanted in asked.items() if wanted]:
        raise UsageError(
            f"{model} has no choice of {', '.join(names)}: it runs in int8 on OpenVINO.",
            hint="Leave it out, or give a Hugging Face model.",
        )
