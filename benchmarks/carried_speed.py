"""How fast models of a pair are beside their peers in the same engine: same texts, same run, in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from judged_data import candidates
from pertinent.embedders.local import LocalEmbedder
from pertinent.evaluate.cards.machine import usable_cores
from pertinent.evaluate.sources.opening import open_tasks
from pertinent.families.carried import CARRIED_EMBEDDER, CARRIED_RERANKER
from pertinent.rerankers.local import LocalReranker
from pertinent.settings import load_settings

QUERIES, DOCUMENTS = 10, 40
"""Pairs of one workload: queries with the smallest hashes, each with so many first candidates."""

SETS = {"SciFact abstracts": "scifact", "MS MARCO passages": "trec_dl19_bm25"}
"""Long texts, found by BM25, and short ones, as they were given."""

INDEXED = 256
"""Documents that are embedded."""

AT_A_TIME = 64
"""Documents of one turn."""

Lists: TypeAlias = list[tuple[str, list[str]]]
"""Queries with their texts."""

Work = TypeVar("Work")


def measure(
    embedders: Mapping[str, str | None],
    rerankers: Mapping[str, str | None],
    data: Path,
    rounds: int,
    baseline: str,
) -> dict[str, Any]:
    """Speed of models by label, and how many times as fast as the baseline's; None is the carried one."""
    scorers = {label: LocalReranker(name or CARRIED_RERANKER) for label, name in rerankers.items()}
    makers = {label: LocalEmbedder(name or CARRIED_EMBEDDER) for label, name in embedders.items()}
    reranking = {}
    for title, name in SETS.items():
        lists = lists_of(data / name)
        systems = {label: lambda one, model=model: model.score(*one) for label, model in scorers.items()}
        pairs = sum(len(texts) for _, texts in lists)
        reranking[title] = {
            "pairs": pairs,
            "mean_tokens": sum(scorers[baseline].count_tokens(*one) for one in lists) / pairs,
            "systems": rates(take_turns(systems, lists, rounds), pairs, baseline),
        }
    texts = list(dict.fromkeys(text for _, found in lists_of(data / "scifact") for text in found))[:INDEXED]
    pieces = [texts[start : start + AT_A_TIME] for start in range(0, len(texts), AT_A_TIME)]
    embedding = {
        label: lambda piece, model=model: model.embed_documents(piece) for label, model in makers.items()
    }
    return {
        "threads": load_settings().threads or usable_cores(),
        "rounds": rounds,
        "baseline": baseline,
        "models": {
            "rerankers": {label: named(model) for label, model in scorers.items()},
            "embedders": {label: named(model) for label, model in makers.items()},
        },
        "reranking": reranking,
        "indexing": {
            "documents": len(texts),
            "systems": rates(take_turns(embedding, pieces, rounds), len(texts), baseline),
        },
    }


def named(model: LocalReranker | LocalEmbedder) -> str:
    """Name and revision."""
    return f"{model.model.name} {model.model.revision}"


def lists_of(folder: Path) -> Lists:
    """Queries of a set, each with its first candidates by BM25 or as they were given."""
    (task,) = open_tasks(folder, "test")
    task = task.sample(QUERIES)
    return [
        (task.queries[query], [each.passage.content for each in found[:DOCUMENTS]])
        for query, found in candidates(task, DOCUMENTS, None)
    ]


def take_turns(
    systems: Mapping[str, Callable[[Work], object]], work: Sequence[Work], rounds: int
) -> dict[str, list[float]]:
    """Seconds of each system for all the work, for each round; one more goes before and warms up.

    Systems take turns at each piece, and another one begins each time.
    """
    seconds: dict[str, list[float]] = {label: [] for label in systems}
    labels = list(systems)
    for _ in range(rounds + 1):
        taken = dict.fromkeys(labels, 0.0)
        for number, piece in enumerate(work):
            first = number % len(labels)
            for label in labels[first:] + labels[:first]:
                begun = time.perf_counter()
                systems[label](piece)
                taken[label] += time.perf_counter() - begun
        for label in labels:
            seconds[label].append(taken[label])
    return {label: each[1:] for label, each in seconds.items()}


def rates(seconds: Mapping[str, Sequence[float]], count: int, baseline: str) -> dict[str, Any]:
    """Medians over rounds, and of the ratios to the baseline in the same round.

    Examples
    --------
    >>> rates({"new": [1.0, 2.0], "old": [3.0, 4.0]}, 12, "old")["new"]
    {'per_second': 9.0, 'lowest': 6.0, 'highest': 12.0, 'times': 2.5}
    """
    return {
        label: {
            "per_second": round(statistics.median(count / each for each in taken), 2),
            "lowest": round(count / max(taken), 2),
            "highest": round(count / min(taken), 2),
            "times": round(
                statistics.median(
                    theirs / ours for theirs, ours in zip(seconds[baseline], taken, strict=True)
                ),
                3,
            ),
        }
        for label, taken in seconds.items()
    }
