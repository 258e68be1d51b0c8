"""The report of an evaluation: one HTML page that needs nothing but itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from pertinent.evaluate.report import findings, wording
from pertinent.evaluate.report.report_plots import plots_of
from pertinent.evaluate.result import TaskResult
from pertinent.store.files import disk_faults, write_atomically
from pertinent.types import printable

TEMPLATE = "report.html.jinja"

CHANGES_SHOWN = 10
"""Queries told of each, gains and losses."""

TEXT_SHOWN = 300
"""Characters of a query."""

METRICS = {
    "nDCG": "nDCG@k: Gains of the relevant documents among the first k, less the deeper they stand, as a "
    "share of what the best order would reach.",
    "P": "P@k: Share of the first k documents that is relevant.",
    "R": "R@k: Share of the relevant documents that stands among the first k.",
    "AP": "MAP: Precision at the place of each relevant document, averaged over them and over queries.",
    "RR": "MRR@k: One divided by the place of the first relevant document, 0 where it stands below k.",
    "WSS": "WSS@95: Share of a screening's documents that nobody needs to read to find 95 % of the relevant "
    "ones, beyond what reading in random order would save.",
}
"""What is told of each kind of metric, by its name without a cut and without the M of a mean."""

STAGES = {
    "bm25": "Search by words: BM25.",
    "dense": "Search by vectors of an embedder.",
    "rrf": "Both lists fused by reciprocal ranks.",
    "first_stage": "The order in which candidates were given.",
    "rerank": "Candidates sorted by the reranker's margin alone.",
    "final": "Candidates sorted as search does, by first-stage evidence and margin together.",
}

STATISTICS = {
    "95 % interval": "Bootstrap over queries: what other queries of the same kind might have shown.",
    "p (Holm)": "How often chance alone would bring a difference as large, by a paired randomisation test, "
    "corrected for the number of stages that are compared.",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What reranking did to one query."""

    query: str
    text: str
    before: float
    after: float
    gain: float


@dataclass(frozen=True, slots=True)
class Changes:
    """Queries that a stage changes most, gains first; open on the page for the best stage."""

    stage: str
    rows: tuple[Change, ...]
    open: bool


def write_report(path: Path, results: Sequence[TaskResult]) -> None:
    """Write the report.

    The page loads nothing from anywhere and runs no script. It holds texts of queries: it is as
    confidential as they are. The same results give the same bytes.

    Parameters
    ----------
    path : Path
        The file; one that is there is replaced.
    results : Sequence[TaskResult]
        What was found, at least one.

    Raises
    ------
    UsageError
        If matplotlib is missing.
    StoreError
        If the file cannot be written.
    """
    page = render_report(results).encode("utf-8")
    with disk_faults("Writing the report"):
        write_atomically(path, page)


def render_report(results: Sequence[TaskResult]) -> str:
    """The page itself (see :func:`write_report`)."""
    environment = Environment(
        loader=PackageLoader("pertinent.evaluate.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "breakable": _breakable,
        "best_stages": findings.best_stages,
        "card_line": findings.card_line,
        "changes": _changes,
        "counted": wording.counted,
        "effort_columns": findings.effort_columns,
        "finding": findings.finding,
        "json": _as_json,
        "kind": wording.KINDS.__getitem__,
        "number": wording.number,
        "probability": wording.probability,
        "signed": wording.signed,
        "signed_span": wording.signed_span,
        "span": wording.span,
    }
    environment.tests["significant"] = wording.is_significant
    return environment.get_template(TEMPLATE).render(
        title=_title(results),
        results=results,
        all_stages=list(dict.fromkeys(stage for result in results for stage in result.stages)),
        plots=[plots_of(result, f"set-{at}") for at, result in enumerate(results, start=1)],
        glossary=_glossary(results),
        mark=wording.MARK,
        alpha=wording.ALPHA,
    )


def _finalized(value: object) -> object:
    """What a template prints: foreign text loses what hides or turns text, before it is escaped."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value).translate(wording.NO_CHARACTERS)
    return value


def _breakable(name: str) -> Markup:
    """A stage's name that may go on in the next line after a colon or a slash."""
    return Markup(re.sub(r"([:/])", r"\1<wbr>", str(escape(wording.plain(name)))))  # noqa: S704 (escaped)


def _title(results: Sequence[TaskResult]) -> str:
    names = list(dict.fromkeys(result.dataset for result in results))
    return f"Evaluation on {names[0] if len(names) == 1 else f'{len(names)} sets'}"


def _as_json(card: Mapping[str, Any]) -> str:
    return json.dumps(card, indent=2, ensure_ascii=False, default=str)


def _changes(result: TaskResult) -> list[Changes]:
    metric = result.metrics[0]
    stages = findings.reranked_stages(result)
    best = findings.best_by_mean(result, stages)
    every = [Changes(stage, tuple(_most_changed(result, stage, metric)), stage == best) for stage in stages]
    return [changes for changes in every if changes.rows]


def _most_changed(result: TaskResult, stage: str, metric: str) -> Iterator[Change]:
    ordered = findings.gains(result, stage, metric)
    up = [item for item in ordered[:CHANGES_SHOWN] if item[1] > 0]
    down = [item for item in ordered[-CHANGES_SHOWN:] if item[1] < 0]
    before, after = result.stages[result.baseline].values[metric], result.stages[stage].values[metric]
    for query, gain in (*up, *reversed(down)):
        text = wording.plain(result.queries.get(query, ""))
        shown = text if len(text) <= TEXT_SHOWN else f"{text[: TEXT_SHOWN - 1]}…"
        yield Change(query, shown, before[query], after[query], gain)


def _glossary(results: Sequence[TaskResult]) -> dict[str, str]:
    """Meanings of the stages and metrics that the page names."""
    stages = {stage.partition(":")[0] for result in results for stage in result.stages}
    metrics = list(dict.fromkeys(metric for result in results for metric in result.metrics))
    kinds = dict.fromkeys(
        metric.partition("@")[0].replace("MAP", "AP").replace("MRR", "RR") for metric in metrics
    )
    told = {name: meaning for name, meaning in STAGES.items() if name in stages}
    told |= dict(meaning.split(": ", 1) for kind in kinds if (meaning := METRICS.get(kind)))
    return told | STATISTICS
