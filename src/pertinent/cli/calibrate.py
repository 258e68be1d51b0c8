"""``pertinent calibrate``: make a model's probabilities mean what they say in a domain."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pertinent.cli.options import (
    Device,
    Dtype,
    Engine,
    EngineChoice,
    Family,
    Instruction,
    JsonDocument,
    MaxTokens,
    Prompt,
)
from pertinent.errors import UsageError

if TYPE_CHECKING:
    from pertinent.evaluate.calibration.calibrate import CalibrationReport, Quality
    from pertinent.evaluate.calibration.thresholds import Threshold
    from pertinent.rerankers.calibration import Calibration


class MethodChoice(StrEnum):
    """Forms of the map as the command line offers them."""

    AUTO = "auto"
    TEMPERATURE = "temperature"
    PLATT = "platt"
    ISOTONIC = "isotonic"


def calibrate(
    data: Annotated[
        Path,
        typer.Option(
            help="Judged pairs: folder with candidates or pairs, or JSON Lines (docs/calibration.md)."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(help="A model's folder or Hugging Face name (ORG/NAME@REVISION); else the carried one."),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Part of the folder; else dev, train or the only one.")
    ] = None,
    domain: Annotated[
        str | None, typer.Option(help="What the calibration is called; else the name of the data.")
    ] = None,
    method: Annotated[
        MethodChoice, typer.Option(help="Form of the map; auto takes the least log loss.")
    ] = MethodChoice.AUTO,
    precision: Annotated[
        list[float] | None,
        typer.Option(help="Precision to find a threshold for; may be given again; else 0.5 0.8 0.9 0.95."),
    ] = None,
    limit: Annotated[int, typer.Option(min=10, max=1_000_000, help="A sample of so many pairs.")] = 10_000,
    least_grade: Annotated[
        int, typer.Option("--least-grade", help="From which grade on a text is relevant.")
    ] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of the sample and the folds.")] = 0,
    instruction: Instruction = None,
    engine: Engine = EngineChoice.AUTO,
    device: Device = "auto",
    dtype: Dtype = "auto",
    family: Family = None,
    prompt: Prompt = "card",
    max_tokens: MaxTokens = None,
    out: Annotated[Path | None, typer.Option(help="File to write, instead of the data folder's.")] = None,
    json: JsonDocument = False,
) -> None:
    """Fit probabilities to judged pairs, and tell how far they can be believed."""
    from pertinent.cli.console import print_json, progress_bar, resumable
    from pertinent.cli.loading import download_progress, load_model
    from pertinent.evaluate.calibration.calibrate import PRECISIONS
    from pertinent.evaluate.calibration.calibrated_model import calibrate as calibrate_model
    from pertinent.evaluate.calibration.calibrated_model import store_calibration
    from pertinent.evaluate.calibration.judged_pairs import read_pairs
    from pertinent.rerankers.calibration import calibration_path
    from pertinent.rerankers.reranker import Reranker

    name = _domain(domain, data)
    pairs = read_pairs(data, split, limit=limit, least_grade=least_grade, seed=seed)
    with download_progress(json) as download:
        reranker = Reranker(
            model,
            engine=engine.value,
            device=device,
            dtype=dtype,
            family=family,
            prompt=prompt,
            max_tokens=max_tokens,
            cache=True,
            progress=download,
        )
    load_model(reranker, json)
    with resumable(), progress_bar(json) as bar:
        task = bar.add_task("Scoring pairs", total=len(pairs), detail="")
        calibration, report = calibrate_model(
            reranker,
            pairs,
            name,
            instruction=instruction,
            method=method.value,
            precisions=precision or PRECISIONS,
            seed=seed,
            progress=lambda done, total: bar.update(
                task, completed=done, total=total, detail=f"{done:,} of {total:,}"
            ),
        )
    path = out or calibration_path(reranker.model, name)
    store_calibration(calibration, path)
    if json:
        about = {"domain": name, "model": calibration.model, "revision": calibration.revision}
        print_json({**about, "file": str(path), "instruction": calibration.instruction, **report.to_dict()})
    else:
        _print(calibration, report, str(path), str(out) if out else name)


def _domain(asked: str | None, data: Path) -> str:
    from pertinent.rerankers.calibration import is_domain

    name = data.resolve().name.split(".")[0] if asked is None else asked
    if not is_domain(name):
        raise UsageError(
            f"{name[:80]!r} is no name of a domain.",
            hint="Give --domain with letters, digits, dashes and underscores.",
        )
    return name


def _print(calibration: Calibration, report: CalibrationReport, path: str, how_to_name: str) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from pertinent.cli.console import one_line, output, print_line

    print_line(one_line(f"{calibration.model} in {calibration.domain}"), style="bold")
    print_line(
        f"{report.pairs:,} pairs of {report.queries:,} queries, {report.relevant:,} of them relevant; "
        f"measured on queries that were not fitted on, in {report.folds} folds.",
        style="dim",
    )
    qualities = Table("probabilities", box=SIMPLE_HEAD)
    thresholds = Table("precision", box=SIMPLE_HEAD)
    for heading in ("log loss", "Brier", "ECE", "ECE, adaptive"):
        qualities.add_column(heading, justify="right")
    qualities.add_row("plain", *_figures(report.before))
    qualities.add_row("base rate", *_figures(report.base))
    for method, quality in report.after.items():
        chosen = method == report.map.method
        qualities.add_row(
            f"{method} *" if chosen else method, *_figures(quality), style="bold" if chosen else ""
        )
    for heading in ("threshold", "found", "95 % interval", "recall", "pairs kept"):
        thresholds.add_column(heading, justify="right")
    for threshold in report.thresholds:
        thresholds.add_row(f"{threshold.wanted:g}", *_found(threshold))
    output().print(qualities)
    output().print(thresholds)
    why = "the least log loss" if report.asked == "auto" else "as asked"
    print_line(f"* {report.map.method}: {why}. Less is better in all four columns.")
    loss = report.after[report.map.method].log_loss
    if loss >= report.before.log_loss:
        print_line("This is no better than plain probabilities: more pairs may help.", style="yellow")
    if loss >= report.base.log_loss:
        print_line("This is no better than the base rate: these margins say little here.", style="yellow")
    print_line(one_line(f"Stored: {path}"))
    print_line(one_line(f'Use it: pertinent rerank "QUERY" FILE --calibration {how_to_name} --threshold 0.5'))


def _figures(quality: Quality) -> tuple[str, ...]:
    return tuple(
        f"{value:.4f}" for value in (quality.log_loss, quality.brier, quality.ece, quality.ece_adaptive)
    )


def _found(threshold: Threshold) -> tuple[str, ...]:
    if threshold.interval is None:
        return "not reached", "", "", "", ""
    return (
        f"{threshold.threshold:.3f}",
        f"{threshold.precision:.3f}",
        "{:.2f} to {:.2f}".format(*threshold.interval),
        f"{threshold.recall:.3f}",
        f"{threshold.pairs:,}",
    )
