"""How far a reranker's probabilities can be believed, on candidates that no training used.

Candidates are those of the pair's own first stage; one that nobody judged counts as no answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from carried_quality import RESAMPLES, SEED, SETS, Pair
from judged_data import candidates
from pertinent.evaluate.calibration.calibrate import PRECISIONS, Quality
from pertinent.evaluate.calibration.thresholds import find_threshold
from pertinent.evaluate.requested import Models, open_all
from pertinent.evaluate.result import Interval
from pertinent.evaluate.statistics.reliability import reliability_bins
from quality import Progress
from quality_sets import CANDIDATES, JudgedSet

NAMES = ("bioasq", "pubmedqa", "evidence_inference")
BINS = 15
"""As in ``calibrate.Quality``."""


class Pairs(NamedTuple):
    """Scored candidates, one entry each: probability, whether it answers, number of its query."""

    probabilities: npt.NDArray[np.float64]
    relevant: npt.NDArray[np.bool_]
    queries: npt.NDArray[np.int64]


def measure(pair: Pair, data: Path, limit: int | None) -> dict[str, Any]:
    """Calibration on each set, and on the pairs of all together."""
    found = {each.name: scored(pair, each, data, limit) for each in SETS if each.name in NAMES}
    found["all"] = joined(found.values())
    return {"bins": BINS, "sets": {name: told(pairs) for name, pairs in found.items()}}


def scored(pair: Pair, judged: JudgedSet, data: Path, limit: int | None) -> Pairs:
    """The candidates of a set's queries; scores come from the cache where it has them."""
    request = pair.request(judged, data, queries=limit)
    models = Models.open(request)
    (reranker,) = models.rerankers.values()
    (task,) = open_all(request)
    task, report = task.sample(limit), Progress()
    rows: list[tuple[float, bool, int]] = []
    for number, (query, found) in enumerate(candidates(task, CANDIDATES, models.embedder)):
        report(f"{judged.name}: calibration", number, len(task.queries))
        scores = reranker.score(task.queries[query], [each.passage.content for each in found])
        grades = task.judgements.get(query, {})
        rows += [
            (score.probability, grades.get(each.passage.document_id, 0) > 0, number)
            for each, score in zip(found, scores, strict=True)
        ]
    probabilities, relevant, queries = zip(*rows, strict=True)
    return Pairs(np.array(probabilities), np.array(relevant), np.array(queries))


def joined(parts: Iterable[Pairs]) -> Pairs:
    """Pairs of several sets, with a number of its own for each query."""
    parts = list(parts)
    first = np.cumsum([0, *(int(part.queries.max()) + 1 for part in parts)])
    return Pairs(
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.relevant for part in parts]),
        np.concatenate([part.queries + before for part, before in zip(parts, first, strict=False)]),
    )


def told(pairs: Pairs) -> dict[str, Any]:
    """Plain values: calibration error with its interval, thresholds, and the bins of a diagram.

    ``base`` is the quality of the share of answers as the probability of each pair: what a model that
    knows nothing else would have.
    """
    share = np.full(len(pairs.relevant), pairs.relevant.mean())
    return {
        "queries": int(pairs.queries.max()) + 1,
        "pairs": len(pairs.relevant),
        "relevant": int(pairs.relevant.sum()),
        "quality": asdict(Quality.of(pairs.probabilities, pairs.relevant)),
        "base": asdict(Quality.of(share, pairs.relevant)),
        "ece_interval": list(ece_interval(pairs)),
        "thresholds": [
            asdict(find_threshold(pairs.probabilities, pairs.relevant, wanted)) for wanted in PRECISIONS
        ],
        "reliability": [asdict(each) for each in reliability_bins(pairs.probabilities, pairs.relevant, BINS)],
    }


def ece_interval(pairs: Pairs, *, resamples: int = RESAMPLES // 5, seed: int = SEED) -> Interval:
    """95 % percentile bootstrap interval of the calibration error; queries are drawn, with all their pairs.

    It leans upwards, since chance adds to a sum of distances, and may lie above the value itself.
    """
    place = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], pairs.probabilities)
    queries = int(pairs.queries.max()) + 1
    # Of each query and bin: what was promised less what was found; the error is the sum of their distances.
    gaps = np.zeros((queries, BINS))
    np.add.at(gaps, (pairs.queries, place), pairs.probabilities - pairs.relevant)
    counts = np.bincount(pairs.queries, minlength=queries)
    drawn = np.random.default_rng(seed).multinomial(queries, np.full(queries, 1 / queries), size=resamples)
    errors = np.abs(drawn @ gaps).sum(axis=1) / (drawn @ counts)
    low, high = np.percentile(errors, (2.5, 97.5))
    return float(low), float(high)
