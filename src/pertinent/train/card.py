"""The model card: what people should know before they use or pass on weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pertinent.train.config import TrainConfig


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


def trained_facts(config: TrainConfig) -> CardFacts:
    """What the card of a trained model says, from its configuration.

    Parameters
    ----------
    config : TrainConfig
        Data with licences, teachers, losses, steps.
    """
    rows = "\n".join(
        f"| {data.path} | {data.split} | {data.queries} | {data.licence or 'not stated'} |"
        for data in config.data
    )
    losses = ", ".join(f"{loss.name} ({loss.weight:g})" for loss in config.distil.losses)
    teachers = ", ".join(config.label.teachers) if config.label else "none"
    base = Path(config.student.base).name
    method = (
        f"Trained for {config.distil.steps:,} steps from {base}; losses: {losses}; teachers: {teachers}.\n\n"
        f"| data | split | queries | licence |\n|---|---|---|---|\n{rows}"
    )
    return CardFacts(
        method,
        limits="Languages and uses other than those of its data are untested.",
        made_by="pertinent train CONFIG",
    )
