"""What a result says: best stages, differences, gains of single queries, efforts, models, in a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pertinent.evaluate.report.wording import (
    amount,
    counted,
    duration,
    is_significant,
    number,
    plain,
    price,
    probability,
    signed,
    signed_span,
    span,
)
from pertinent.evaluate.request import RERANKED
from pertinent.evaluate.result import Comparison, Effort, TaskResult

REVISION_SHOWN = 12


@dataclass(frozen=True, slots=True)
class EffortColumn:
    """A column of the table of efforts."""

    title: str
    written: Callable[[Effort], str]


_EFFORTS = {
    "queries": EffortColumn("queries timed", lambda effort: f"{effort.queries:,}"),
    "seconds_median": EffortColumn("median", lambda effort: duration(effort.seconds_median)),
    "seconds_p95": EffortColumn("p95", lambda effort: duration(effort.seconds_p95)),
    "documents_per_query": EffortColumn("documents", lambda effort: amount(effort.documents_per_query)),
    "tokens_per_query": EffortColumn("tokens", lambda effort: amount(effort.tokens_per_query)),
    "cost_per_query": EffortColumn("cost", lambda effort: price(effort.cost_per_query)),
}


def effort_columns(efforts: Mapping[str, Effort]) -> list[EffortColumn]:
    """Columns of what is known of at least one stage.

    Examples
    --------
    >>> [column.title for column in effort_columns({"bm25": Effort(3, 0.1, 0.2)})]
    ['queries timed', 'median', 'p95']
    """
    return [
        column
        for name, column in _EFFORTS.items()
        if any(getattr(effort, name) is not None for effort in efforts.values())
    ]


def best_stages(result: TaskResult, metric: str) -> frozenset[str]:
    """Stages whose mean, as it is written, no other surpasses; none where there is nothing to compare."""
    means = {name: round(stage.means[metric], 3) for name, stage in result.stages.items()}
    finite = [mean for mean in means.values() if math.isfinite(mean)]
    if len(finite) < 2:
        return frozenset()
    return frozenset(name for name, mean in means.items() if mean == max(finite))


def best_by_mean(result: TaskResult, stages: Iterable[str]) -> str | None:
    """Stage of highest mean by the first metric, the first of equal ones; None where none has one."""
    metric = result.metrics[0]
    finite = [name for name in stages if math.isfinite(result.stages[name].means[metric])]
    return max(finite, key=lambda name: result.stages[name].means[metric], default=None)


def comparison_of(result: TaskResult, stage: str, metric: str) -> Comparison | None:
    """A stage against the baseline; None for the baseline itself."""
    found = (each for each in result.comparisons if (each.stage, each.metric) == (stage, metric))
    return next(found, None)


def reranked_stages(result: TaskResult) -> tuple[str, ...]:
    """Stages that a reranker had its part in and that are not the baseline."""
    return tuple(
        name for name in result.stages if name.partition(":")[0] in RERANKED and name != result.baseline
    )


def gains(result: TaskResult, stage: str, metric: str) -> Sequence[tuple[str, float]]:
    """Stage minus baseline for each query, largest gain first, then by the query's id."""
    before = result.stages[result.baseline].values[metric]
    after = result.stages[stage].values[metric]
    differences = [(query, value - before[query]) for query, value in after.items() if query in before]
    return sorted(differences, key=lambda item: (-item[1], item[0]))


def finding(result: TaskResult) -> str:
    """What the first metric says, in words: the best stage, and how it stands to the baseline."""
    metric = result.metrics[0]
    best = best_by_mean(result, result.stages)
    if best is None:
        return f"{metric} has no value."
    of_best = result.stages[best]
    mean = number(of_best.means[metric])
    if len(result.queries) == 1:
        others = "the highest" if len(result.stages) > 1 else "a"
        return (
            f"{plain(best)} has {others} {metric} of {mean}. A single query has no interval and no test: "
            "another may find otherwise."
        )
    mean += f" (95 % interval {span(of_best.intervals[metric])})"
    compared = comparison_of(result, best, metric)
    if compared is None:
        return (
            f"No other stage surpasses {plain(best)} by {metric}: {mean}."
            if len(result.stages) > 1
            else f"{plain(best)} reaches {metric} {mean}."
        )
    words = "significantly" if is_significant(compared) else "not significantly"
    return (
        f"{plain(best)} has the highest {metric}: {mean}. Against {plain(result.baseline)} that is "
        f"{signed(compared.difference)} ({signed_span(compared.interval)}), {words} different "
        f"(p {probability(compared.p_holm)} after Holm's correction): better for "
        f"{counted(compared.wins, 'query', 'queries')}, "
        f"worse for {compared.losses:,}, equal for {compared.ties:,}."
    )


def card_line(card: Mapping[str, Any]) -> str:
    """Models of a run card with revision, engine, device and number type, in a line.

    Examples
    --------
    >>> ran = {"engine": "openvino", "device": "cpu", "dtype": "int8"}
    >>> card_line({"embedder": {"name": "mini", "revision": "abc", **ran}, "rerankers": {}})
    'Embedder mini@abc (openvino, cpu, int8).'
    """
    embedder = card.get("embedder")
    models = [("Embedder", embedder)] if embedder else []
    models += [("Reranker", model) for model in (card.get("rerankers") or {}).values()]
    told = [f"{kind} {_model(model)}." for kind, model in models]
    told += [f"Pertinent {card['pertinent']}."] if card.get("pertinent") else []
    return plain(" ".join(told))


def _model(model: Mapping[str, Any]) -> str:
    name, revision = model["name"], str(model.get("revision") or "")[:REVISION_SHOWN]
    ran = ", ".join(str(model[key]) for key in ("engine", "device", "dtype") if model.get(key))
    return f"{name}{f'@{revision}' if revision else ''}{f' ({ran})' if ran else ''}"
