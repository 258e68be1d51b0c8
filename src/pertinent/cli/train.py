"""``pertinent train``: a compact reranker or embedder from one configuration file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from pertinent.cli.options import Json
from pertinent.errors import UsageError

PACKAGES = ("torch", "transformers", "safetensors", "scipy", "ir_measures", "matplotlib")
"""What training imports besides the core; a causal student needs peft too."""


def train(
    config: Annotated[Path, typer.Argument(help="TOML file (docs/training.md).")],
    data: Annotated[Path, typer.Option(help="Folder of the data sets that it names.")] = Path(),
    weights: Annotated[Path | None, typer.Option(help="Folder of the bases that it names.")] = None,
    until: Annotated[
        str | None, typer.Option(help="Stop after this stage: examples, mine, label, distil, merge, export.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda ...")] = "auto",
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Stop learning after so long; the same command goes on.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would be done, and do nothing.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Mine, label, distil, merge and export a compact model."""
    from pertinent.cli.console import named_progress, print_json, print_line, resumable
    from pertinent.train.config import read_config

    # Read when torch is loaded. Threads that spin while they wait take the cores from whatever else runs,
    # and wait the longer for each other.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    wanted = read_config(config)
    _require_packages((*PACKAGES, "peft") if wanted.student.kind == "causal" else PACKAGES)
    from pertinent.train.place import Place
    from pertinent.train.plan import plan
    from pertinent.train.stages import TrainingRun

    place = Place(data, weights, device, seconds)
    if dry_run:
        planned = plan(wanted, place)
        if json_output:
            print_json(planned.to_dict())
            return
        for line in planned.lines():
            print_line(line)
        return
    with resumable(), named_progress(json_output) as report:
        made = TrainingRun(wanted, place, report).go(until)
    if json_output:
        print_json({"made": str(made)})
    else:
        print_line(str(made))


def _require_packages(names: tuple[str, ...]) -> None:
    from importlib.util import find_spec

    if missing := [name for name in names if find_spec(name) is None]:
        raise UsageError(
            f"Training needs {', '.join(missing)}.", hint="Install it with: pip install 'pertinent[train]'"
        )
