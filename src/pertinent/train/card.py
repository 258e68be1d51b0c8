"""The model card: what people should know before they use or pass on weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pertinent.train.config import TrainConfig

MADE_BY = "pertinent train CONFIG"


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card says besides what ``model.json`` says.

    Parameters
    ----------
    method : str
        How the weights came about, in Markdown.
    limits : str
        What they were not made or tested for.
    made_by : str
        The command that makes them again.
    """

    method: str
    limits: str
    made_by: str


def model_card(description: Mapping[str, Any], facts: CardFacts) -> str:
    """Write a card in Markdown.

    Parameters
    ----------
    description : Mapping
        What ``model.json`` says.
    facts : CardFacts
        The rest.
    """
    files = "\n".join(f"| `{file}` | `{digest}` |" for file, digest in description["files"].items())
    origin = description["origin"]
    where = f"[{origin['name']}]({origin['address']})" if origin["address"] else origin["name"]
    return f"""# {description["name"]}

{description["description"]}.

| | |
|---|---|
| revision | `{description["revision"]}` |
| family | `{description["family"]}` |
| window | {description["max_tokens"]} tokens |
| parameters | {description["parameters"]:,} |
| licence | {description["licence"]} |
| origin | {where}, `{origin["file"]}`, SHA-256 `{origin["sha256"]}` |

{facts.method}

{facts.limits}

Made by `{facts.made_by}`.

| file | SHA-256 |
|---|---|
{files}
"""


def trained_facts(config: TrainConfig, share: float | None = None) -> CardFacts:
    """What the card of a trained model says, from its configuration.

    Parameters
    ----------
    config : TrainConfig
        Data with licences, teachers, losses, steps, what was merged, and the sets that chose.
    share : float | None
        Of the checkpoint merged with, where it was searched.
    """
    rows = "\n".join(
        f"| {data.path} | {data.split} | {data.queries} | {data.licence or 'not stated'} |"
        for data in config.data
    )
    losses = ", ".join(f"{loss.name} ({loss.weight:g})" for loss in config.distil.losses)
    teachers = ", ".join(Path(name).name for name in config.label.teachers) if config.label else "none"
    base = Path(config.student.base).name
    method = (
        f"Trained for {config.distil.steps:,} steps from {base}; losses: {losses}; teachers: {teachers}.\n\n"
        f"| data | split | queries | licence |\n|---|---|---|---|\n{rows}"
    )
    method += _written(config) + _merged(config, share) + _chose(config)
    return CardFacts(
        method,
        limits="Languages and uses other than those of its data are untested.",
        made_by=MADE_BY,
    )


def _written(config: TrainConfig) -> str:
    """How queries were written, and by whose model: its terms may reach what learns from them."""
    if config.synthesise is None or all(data.queries == "judged" for data in config.data):
        return ""
    by = f" by {config.synthesise.provider.model}" if config.synthesise.provider else ""
    return (
        "\n\nQueries were written: "
        + ", ".join(kind + (by if kind == "provider" else "") for kind in config.synthesise.kinds)
        + "."
    )


def _merged(config: TrainConfig, share: float | None) -> str:
    if config.merge is None:
        return ""
    others = ", ".join(Path(name).name for name in config.merge.checkpoints)
    if share is not None:
        shares = f"its share, {share:g}, was searched"
    elif config.merge.weights:
        shares = f"weights {' : '.join(f'{weight:g}' for weight in config.merge.weights)}"
    else:
        shares = "in equal shares"
    return f"\n\nMerged with {others} ({config.merge.method}; {shares})."


def _chose(config: TrainConfig) -> str:
    """Which sets chose something, so that nobody takes what is measured there for a result."""
    searched = config.merge.search if config.merge else ()
    chose = {"the checkpoint": config.distil.dev, "the share of the merge": searched}
    told = "; ".join(
        f"{what} on {', '.join(f'{data.path} ({data.split})' for data in sets)}"
        for what, sets in chose.items()
        if sets
    )
    return f"\n\nChosen: {told}. What is measured there is no result." if told else ""
