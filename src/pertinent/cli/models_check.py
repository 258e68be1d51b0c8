"""``pertinent models check``: load a model, ask it about known texts, time it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pertinent.cli.options import Device, Dtype, Engine, EngineChoice, Json

if TYPE_CHECKING:
    from rich.table import Table

    from pertinent.rerankers.self_check import ModelReport


def check(
    name: Annotated[
        str, typer.Argument(help="A carried model, a folder, or a Hugging Face name (ORG/NAME@REVISION).")
    ],
    engine: Engine = EngineChoice.AUTO,
    device: Device = "auto",
    dtype: Dtype = "auto",
    family: Annotated[
        str | None, typer.Option(help="What it is: qwen3_reranker, causal_judge or qwen3_embedding.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Stop where a known answer does not come first.")
    ] = True,
    json: Json = False,
) -> None:
    """Load a model, ask it about known texts, and tell its speed and memory."""
    from pertinent.cli.console import output, print_json, progress_bar
    from pertinent.cli.loading import download_progress
    from pertinent.engine.catalogue import is_own_model
    from pertinent.engine.causal_model import EngineOptions
    from pertinent.engine.hub import fetch_model
    from pertinent.rerankers.opening import ModelOptions
    from pertinent.rerankers.self_check import check_model

    if not is_own_model(name):
        with download_progress(json) as progress:
            fetch_model(name, progress=progress)
    options = ModelOptions(EngineOptions(engine.value, device, dtype), family=family, check=check)
    with progress_bar(json) as bar:
        task = bar.add_task("Loading", total=None, detail="")
        report = check_model(
            name, options, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    if json:
        print_json(report.to_dict())
    else:
        output().print(_table(report))
    if not report.passed:
        raise typer.Exit(1)


def _table(report: ModelReport) -> Table:
    from rich.table import Table
    from rich.text import Text

    from pertinent.cli.console import one_line

    model = report.model
    reranks = model.kind == "reranker"
    verdict = "the answer comes first" if report.passed else "WRONG: the answer does not come first"
    rows = {
        "model": one_line(model.name),
        "kind": f"{model.kind}, family {model.family}",
        "revision": model.revision,
        "weights": f"{model.parameters:,}",
        "window": f"{model.max_tokens:,} tokens",
        "runs on": f"{report.engine} in {report.dtype} on {report.device}",
        "loaded in": f"{report.load_seconds:.2f} s",
        "known texts": f"{'margin' if reranks else 'cosine'} of the answer {_number(report.answer)}, "
        f"of another text {_number(report.other)}: {verdict}",
        "speed": f"{report.per_second:,.1f} {'pairs' if reranks else 'texts'}/s ({report.texts} texts of "
        f"{report.tokens} tokens{', one query' if reranks else ''})",
        "peak memory": _gigabytes(report.peak_bytes),
        **({"peak GPU memory": _gigabytes(report.gpu_peak_bytes)} if report.gpu_peak_bytes else {}),
    }
    table = Table.grid(padding=(0, 2))
    for heading, value in rows.items():
        table.add_row(Text(heading, style="dim"), Text(value))
    return table


def _number(value: float | None) -> str:
    return "not a number" if value is None else f"{value:+.3f}"


def _gigabytes(size: int | None) -> str:
    return "not known here" if size is None else f"{size / 1e9:.2f} GB"
