"""Options that several commands share: which model, how it is asked, what it runs on, and ``--json``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from pertinent.errors import UsageError

if TYPE_CHECKING:
    from pertinent.engine.causal_model import EngineOptions
    from pertinent.types import ModelInfo


class EngineChoice(StrEnum):
    """Engines as the command line offers them."""

    AUTO = "auto"
    TORCH = "torch"
    OPENVINO = "openvino"


Engine: TypeAlias = Annotated[EngineChoice, typer.Option(help="What runs a Hugging Face model.")]
Device: TypeAlias = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 ...")]
Dtype: TypeAlias = Annotated[str, typer.Option(help="auto, int8, float32, bfloat16, float16.")]
Family: TypeAlias = Annotated[
    str | None, typer.Option(help="How it is asked: qwen3_reranker or causal_judge.")
]
Prompt: TypeAlias = Annotated[
    str, typer.Option(help="Variant of qwen3_reranker's prompt: card or evaluation.")
]
MaxTokens: TypeAlias = Annotated[int | None, typer.Option(help="Window of query and document.")]
Instruction: TypeAlias = Annotated[
    str | None, typer.Option(help="What counts as an answer: in words, or a ready one's name.")
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
JsonDocument: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

Calibration: TypeAlias = Annotated[
    str | None,
    typer.Option(help="What probabilities mean: a domain or file of pertinent calibrate; else plain."),
]

Rerankers: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        help="A model's folder, Hugging Face name (ORG/NAME@REVISION), PROVIDER:MODEL or address; else the "
        "carried one. Several make a chain: the first that answers."
    ),
]


def reranker_of(names: list[str] | None) -> str | list[str] | None:
    """What ``Reranker`` takes of the names that were given."""
    return names[0] if names and len(names) == 1 else names or None


def has_no_choice(model: str) -> bool:
    """Whether a model runs as it runs: a carried one, or one at a service."""
    from pertinent.engine.catalogue import is_own_model
    from pertinent.providers.remote_name import LOCAL, remote_name

    return remote_name(model) is not None or is_own_model(model.removeprefix(LOCAL))


def require_choice(runs_on: EngineOptions, *models: ModelInfo) -> None:
    """Refuse options that none of a command's models has a choice of.

    Parameters
    ----------
    runs_on : EngineOptions
        What was asked for.
    *models : ModelInfo
        The models that the command uses.

    Raises
    ------
    UsageError
        If something was asked for, and all are carried ones or in their layout.
    """
    from pertinent.engine.causal_model import EngineOptions
    from pertinent.families import bert_embedder, cross_encoder

    fixed = (bert_embedder.NAME, cross_encoder.NAME)
    if runs_on != EngineOptions() and all(model.family in fixed for model in models):
        names = " and ".join(model.name for model in models)
        raise UsageError(
            f"There is no choice of engine, device or dtype for {names}: int8 on OpenVINO.",
            hint="Leave these options out, or name a Hugging Face model.",
        )
