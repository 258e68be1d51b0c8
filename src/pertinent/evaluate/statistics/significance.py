"""Whether a difference is more than chance: bootstrap intervals, the randomisation test, Holm's correction.

The unit is the query. Sources: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13
(percentile interval); Smucker, Allan and Carterette, "A comparison of statistical significance tests for
information retrieval evaluation", CIKM 2007 (paired randomisation test of the mean, two-sided); Holm, "A
simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6(2), 1979.

scipy has the randomisation test too (``permutation_test``), which is what tests here compare with; it
loops in Python, once for each resample.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from pertinent.errors import DataError
from pertinent.evaluate.extra import require
from pertinent.evaluate.result import Comparison, Interval, TaskResult

BATCH_NUMBERS = 1 << 20
"""Numbers that are drawn at a time, whatever the queries and resamples."""

EQUAL = 1e-12
"""Values of a query that differ by less are equal: sums of floats may differ by their order."""


def interval(values: Sequence[float] | NDArray[np.float64], *, resamples: int, seed: int) -> Interval:
    """95 % percentile bootstrap interval of the mean.

    Parameters
    ----------
    values : Sequence[float] | NDArray[np.float64]
        One for each query.
    resamples : int
        How many samples of the queries are drawn.
    seed : int
        Same seed, same interval.

    Returns
    -------
    tuple[float, float]
        Low and high; the value itself twice where there is only one.

    Raises
    ------
    DataError
        If there is no value.

    Examples
    --------
    >>> interval([0.25], resamples=1000, seed=0)
    (0.25, 0.25)
    """
    if len(values) == 0:
        raise DataError("There is no query to measure.", hint="Give a set with judged queries.")
    if len(values) == 1:
        return float(values[0]), float(values[0])
    found = require("scipy.stats").bootstrap(
        (np.asarray(values, dtype=np.float64),),
        np.mean,
        n_resamples=resamples,
        batch=max(1, BATCH_NUMBERS // len(values)),
        method="percentile",
        confidence_level=0.95,
        rng=seed,
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def randomisation_p(differences: Sequence[float], *, resamples: int, seed: int) -> float:
    """Two-sided p of the paired randomisation test: how often chance signs give as large a mean difference.

    Parameters
    ----------
    differences : Sequence[float]
        One for each query.
    resamples : int
        How many times signs are drawn; where there are not more ways to set them, each is taken once and
        p is exact.
    seed : int
        Same seed, same p.

    Returns
    -------
    float
        In 0..1, above 0; 1 where nothing differs. Drawn signs count the observed ones as a draw of their
        own (Phipson and Smyth 2010), so p never claims more than the draws can show.

    Examples
    --------
    >>> randomisation_p([0.1, 0.2, 0.3], resamples=1000, seed=0)
    0.25
    """
    sizes = np.abs(np.asarray(differences, dtype=np.float64))
    sizes = sizes[sizes > 0]  # the sign of nothing changes nothing
    count = len(sizes)
    observed = abs(float(np.sum(differences)))
    # An equal sum counts as equally large, in whatever order it was added up.
    large = observed - EQUAL * float(sizes.sum())
    exact = count < resamples.bit_length() and 2**count <= resamples
    draws = 2**count if exact else resamples
    rng = np.random.default_rng(seed)
    at_a_time = max(1, BATCH_NUMBERS // max(count, 1))
    as_large = 0
    for start in range(0, draws, at_a_time):
        rows = min(at_a_time, draws - start)
        negative = _ways(start, rows, count) if exact else _drawn(rng, rows, count)
        sums = sizes.sum() - 2 * (negative.astype(np.float64) @ sizes)
        as_large += int(np.count_nonzero(np.abs(sums) >= large))
    return as_large / draws if exact else (as_large + 1) / (draws + 1)


def _ways(start: int, rows: int, count: int) -> NDArray[np.uint8]:
    """Binary digits of the numbers from ``start``: each way to set ``count`` signs, shape (rows, count)."""
    return (np.arange(start, start + rows)[:, None] >> np.arange(count) & 1).astype(np.uint8)


def _drawn(rng: np.random.Generator, rows: int, count: int) -> NDArray[np.uint8]:
    """Random signs as 0 and 1, shape (rows, count)."""
    packed = np.frombuffer(rng.bytes(rows * -(-count // 8)), dtype=np.uint8).reshape(rows, -1)
    return np.unpackbits(packed, axis=1, count=count)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p values for their number, keeping the chance of any false finding below the level.

    The smallest of ``m`` is multiplied by ``m``, the next by ``m - 1`` and so on; none may be below
    one before it, nor above 1.

    Parameters
    ----------
    p_values : Sequence[float]
        In any order.

    Returns
    -------
    list[float]
        Corrected, in the same order.

    Examples
    --------
    >>> holm([0.04, 0.01, 0.03])
    [0.06, 0.03, 0.06]
    """
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = min(1.0, max(highest, (len(p_values) - rank) * p_values[index]))
        corrected[index] = highest
    return corrected


def compare(
    stage: str,
    baseline: str,
    metric: str,
    values: Mapping[str, float],
    baseline_values: Mapping[str, float],
    *,
    resamples: int,
    seed: int,
) -> Comparison:
    """Compare a stage with the baseline by one metric.

    Parameters
    ----------
    stage, baseline, metric : str
        What they are called in the result.
    values, baseline_values : Mapping[str, float]
        Value of each query; both hold the same queries.
    resamples, seed : int
        For interval and test.

    Returns
    -------
    Comparison
        Stands alone: ``p_holm`` is ``p`` until :func:`with_holm` has seen the others.
    """
    differences = [
        difference if abs(difference := value - baseline_values[query]) >= EQUAL else 0.0
        for query, value in values.items()
    ]
    p = randomisation_p(differences, resamples=resamples, seed=seed)
    low_and_high = interval(differences, resamples=resamples, seed=seed)
    return Comparison(
        stage,
        baseline,
        metric,
        difference=fmean(differences),
        interval=low_and_high,
        p=p,
        p_holm=p,
        wins=sum(difference > 0 for difference in differences),
        losses=sum(difference < 0 for difference in differences),
        ties=sum(difference == 0 for difference in differences),
    )


def with_holm(results: Sequence[TaskResult]) -> list[TaskResult]:
    """Correct ``p_holm`` over all comparisons by the same metric, of all tasks and stages of one call."""
    p_values: defaultdict[str, list[float]] = defaultdict(list)
    for result in results:
        for comparison in result.comparisons:
            p_values[comparison.metric].append(comparison.p)
    corrected = {metric: iter(holm(values)) for metric, values in p_values.items()}
    return [
        replace(
            result,
            comparisons=tuple(
                replace(comparison, p_holm=next(corrected[comparison.metric]))
                for comparison in result.comparisons
            ),
        )
        for result in results
    ]
