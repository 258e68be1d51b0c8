"""``pertinent evaluate``: judged sets, stage by stage, with intervals and what repeats them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pertinent.cli.options import Device, Dtype, Engine, EngineChoice, Json, MaxTokens, Prompt
from pertinent.errors import UsageError

if TYPE_CHECKING:
    from pertinent.evaluate.request import Request
    from pertinent.evaluate.result import TaskResult


def evaluate(
    context: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            help="BEIR folders, candidate, TREC, conversation and screening files; mteb:NAME and other names."
        ),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Which judgements; else test, dev or the only one.")
    ] = None,
    embedder: Annotated[str | None, typer.Option(help="Name or folder; else the carried one.")] = None,
    reranker: Annotated[
        list[str] | None,
        typer.Option(help="Name or folder, SMALL+LARGE for a cascade; may be given again."),
    ] = None,
    candidates: Annotated[int, typer.Option(min=1, max=10_000, help="Depth of the first stage.")] = 100,
    stages: Annotated[str, typer.Option(help="Which orders to measure.")] = "bm25,dense,rrf,rerank,final",
    metrics: Annotated[str, typer.Option(help="Such as nDCG@10,P@5,MAP,MRR@10,R@100; else by kind.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder for results, runs, cards and a report.")] = None,
    queries: Annotated[int | None, typer.Option(min=1, help="A sample of so many queries.")] = None,
    instruction: Annotated[str | None, typer.Option(help="What counts as an answer.")] = None,
    baseline: Annotated[str | None, typer.Option(help="Stage that the others are compared with.")] = None,
    language: Annotated[str | None, typer.Option(help="Of BM25, such as german; none for neither.")] = None,
    bm25_k: Annotated[float, typer.Option(help="BM25's saturation (k1).")] = 1.2,
    bm25_b: Annotated[float, typer.Option(help="BM25's length normalisation.")] = 0.75,
    engine: Engine = EngineChoice.AUTO,
    device: Device = "auto",
    dtype: Dtype = "auto",
    prompt: Prompt = "card",
    max_tokens: MaxTokens = None,
    seed: Annotated[int, typer.Option(min=0, help="Of intervals and tests.")] = 0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute every score anew.")] = False,
    repeat: Annotated[
        Path | None, typer.Option(help="Run card of an evaluation to repeat, instead of paths.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Measure how well first stage and rerankers order judged sets."""
    from pertinent.evaluate.request import Request

    if repeat is not None:
        _refuse_settings(context)
        _repeat(repeat, json_output)
        return
    request = Request(
        tuple(paths or ()),
        split=split,
        embedder=embedder,
        rerankers=tuple(reranker or ()),
        candidates=candidates,
        stages=_names(stages),
        metrics=_names(metrics),
        instruction=instruction,
        queries=queries,
        bm25_k=bm25_k,
        bm25_b=bm25_b,
        language=language,
        baseline=baseline,
        engine=engine.value,
        device=device,
        dtype=dtype,
        prompt=prompt,
        max_tokens=max_tokens,
        seed=seed,
    )
    if out is not None:
        from pertinent.evaluate.report.writing import prepare_folder

        prepare_folder(out)
    _evaluate(request, out, json_output, fresh=fresh)


def _evaluate(request: Request, out: Path | None, as_json: bool, *, fresh: bool) -> None:
    """Evaluate all sets; where one fails, what the sets before it gave is shown and written."""
    from pertinent.cli.console import named_progress, resumable
    from pertinent.evaluate.report.writing import write_result
    from pertinent.evaluate.requested import evaluate as evaluate_request
    from pertinent.evaluate.statistics.significance import with_holm

    done: list[TaskResult] = []

    def finished(result: TaskResult) -> None:
        done.append(result)
        if out is not None:  # at once: a machine may stop before the last set
            write_result(out, result)

    try:
        with resumable(), named_progress(as_json) as report:
            results = evaluate_request(request, fresh=fresh, report=report, finished=finished)
    except BaseException:
        if done:
            _deliver(with_holm(done), out, as_json, as_list=True)
        raise
    _deliver(results, out, as_json, as_list=len(results) > 1)


def _deliver(results: list[TaskResult], out: Path | None, as_json: bool, *, as_list: bool) -> None:
    """Show results, and write them where a folder is named; in JSON several sets are a list."""
    from pertinent.cli.console import errors, print_json
    from pertinent.cli.evaluation_table import print_evaluation
    from pertinent.evaluate.report.writing import write_results

    if not as_json:
        print_evaluation(results)
    else:
        values = [result.to_dict() for result in results]
        print_json(values if as_list else values[0])
    if out is not None:
        errors().print(f"Written: {write_results(out, results)}", markup=False)


def _refuse_settings(context: typer.Context) -> None:
    """A card says everything; what is given beside it would be passed over in silence."""
    given = {
        parameter.name: max(parameter.opts, key=len)
        for parameter in context.command.params
        if parameter.name
        and getattr(context.get_parameter_source(parameter.name), "name", "") == "COMMANDLINE"
    }
    if more := [given[name] for name in given if name not in ("repeat", "json_output")]:
        raise UsageError(
            "A repeat takes its sets and settings from the run card, and writes nothing.",
            hint=f"Leave {', '.join(more)} out, or leave --repeat out.",
        )


def _repeat(card: Path, as_json: bool) -> None:
    """Evaluate what a card describes; other values than the card's are a fault."""
    from pertinent.cli.console import errors, named_progress, print_json, print_line, resumable
    from pertinent.evaluate.cards.repeating import repeat

    with resumable(), named_progress(as_json) as report:
        repeated = repeat(card, report)
    for warning in repeated.warnings:
        errors().print(f"Not as it was: {warning}", markup=False, style="yellow")
    found = repeated.report
    if as_json:
        print_json({**repeated.result.to_dict(), "repeat": found.to_dict()})
    elif found.identical:
        print_line(f"Repeated: all {found.values} values of single queries are the same to the last bit.")
    else:
        print_line(
            f"Not repeated: {len(found.differences)} of {found.values} values differ, in "
            f"{len(found.queries)} queries, by {found.largest:.3g} at most."
        )
    if not found.identical:
        raise typer.Exit(1)


def _names(text: str) -> tuple[str, ...]:
    """Names between commas, in their order, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
