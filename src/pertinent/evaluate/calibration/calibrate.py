"""Calibration: which map makes a model's margins probabilities, and how far those can be believed.

All that is reported comes from pairs of queries that the map in question has not seen: the queries are
dealt into folds, and each fold is judged by a map that was fitted on the others. The map that is kept
is fitted on all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from pertinent.errors import DataError, UsageError
from pertinent.evaluate.calibration.fitting import BoolArray, fit_map
from pertinent.evaluate.calibration.thresholds import Threshold, find_threshold
from pertinent.evaluate.statistics.reliability import (
    FloatArray,
    brier,
    expected_calibration_error,
    log_loss,
)
from pertinent.rerankers.margin_map import METHODS, MarginMap, Method
from pertinent.types import logistic

PRECISIONS = (0.5, 0.8, 0.9, 0.95)
FOLDS = 5

LEAST_OF_EACH = 5
"""Relevant and irrelevant pairs that are needed at least."""

MOST_MARGIN = 10_000

Asked: TypeAlias = Literal["auto", "temperature", "platt", "isotonic"]


@dataclass(frozen=True, slots=True)
class Quality:
    """How good probabilities are; of all, less is better.

    Parameters
    ----------
    ece, ece_adaptive : float
        Expected calibration error with 15 bins of one width, and of one number of pairs.
    brier, log_loss : float
        See :mod:`pertinent.evaluate.statistics.reliability`.
    """

    ece: float
    ece_adaptive: float
    brier: float
    log_loss: float

    @classmethod
    def of(cls, probabilities: FloatArray, relevant: BoolArray) -> Quality:
        """Measure probabilities by the outcomes."""
        return cls(
            expected_calibration_error(probabilities, relevant),
            expected_calibration_error(probabilities, relevant, equal="mass"),
            brier(probabilities, relevant),
            log_loss(probabilities, relevant),
        )


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """A map, and what is known of it.

    Parameters
    ----------
    map : MarginMap
        Fitted on all pairs.
    asked : str
        The method, or ``"auto"`` where the least log loss decided.
    pairs, relevant, queries, folds, seed : int
        What it was fitted on, and how the queries were dealt.
    before : Quality
        Of the plain logistic of the margin.
    base : Quality
        Of the share of relevant pairs as the probability of each: what margins must be better than.
    after : Mapping[str, Quality]
        Of each method that was tried, on queries that it had not seen.
    thresholds : tuple[Threshold, ...]
        By the chosen method's probabilities of those.
    """

    map: MarginMap
    asked: Asked
    pairs: int
    relevant: int
    queries: int
    folds: int
    seed: int
    before: Quality
    base: Quality
    after: Mapping[Method, Quality]
    thresholds: tuple[Threshold, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "method": self.map.method,
            "asked": self.asked,
            "pairs": self.pairs,
            "relevant": self.relevant,
            "queries": self.queries,
            "folds": self.folds,
            "seed": self.seed,
            "before": asdict(self.before),
            "base": asdict(self.base),
            "after": {method: asdict(quality) for method, quality in self.after.items()},
            "thresholds": [asdict(threshold) for threshold in self.thresholds],
        }


def fit(
    margins: Sequence[float] | FloatArray,
    relevant: Sequence[bool] | BoolArray,
    query_ids: Sequence[str],
    method: Asked = "auto",
    *,
    precisions: Sequence[float] = PRECISIONS,
    folds: int = FOLDS,
    seed: int = 0,
) -> CalibrationReport:
    """Fit a map from margin to probability, and measure it on queries that it has not seen.

    Parameters
    ----------
    margins : Sequence[float], shape (pairs,)
        ``Score.margin`` of each pair.
    relevant : Sequence[bool], shape (pairs,)
        Whether it is relevant.
    query_ids : Sequence[str], shape (pairs,)
        Whose pair it is; pairs of one query are never parted.
    method : {"auto", "temperature", "platt", "isotonic"}
        Form of the map; ``auto`` takes the one with the least log loss on unseen queries, of equals the
        one with fewer numbers.
    precisions : Sequence[float]
        For which thresholds are looked for.
    folds : int
        Parts of the queries; at most one a query.
    seed : int
        Of the deal.

    Raises
    ------
    DataError
        If there are too few pairs or queries, or all are of one kind.
    UsageError
        If the lists differ in length, or a number makes no sense.

    Examples
    --------
    >>> margins = [-4.0, -3.0, -1.0, 1.0, 3.0] * 4
    >>> relevant = ([False] * 5 + [False, False, True, True, True]) * 2
    >>> report = fit(margins, relevant, [str(place // 5) for place in range(20)], "platt")
    >>> report.map.probability(-4.0) < report.map.probability(3.0) < 0.9
    True
    """
    said, true = _checked(margins, relevant, query_ids)
    require_fit(true, query_ids, method, precisions, folds)
    own = _deal(query_ids, folds, seed)
    held_out = {
        tried: _held_out(tried, said, true, own) for tried in (METHODS if method == "auto" else (method,))
    }
    after = {tried: Quality.of(probabilities, true) for tried, probabilities in held_out.items()}
    chosen = min(after, key=lambda tried: after[tried].log_loss)
    return CalibrationReport(
        map=fit_map(chosen, said, true),
        asked=method,
        pairs=len(said),
        relevant=int(true.sum()),
        queries=len(set(query_ids)),
        folds=int(own.max()) + 1,
        seed=seed,
        before=Quality.of(np.array([logistic(margin) for margin in said.tolist()]), true),
        base=Quality.of(np.full(len(true), true.mean()), true),
        after=after,
        thresholds=tuple(find_threshold(held_out[chosen], true, precision) for precision in precisions),
    )


def require_fit(
    relevant: Sequence[bool] | BoolArray,
    query_ids: Sequence[str],
    method: Asked = "auto",
    precisions: Sequence[float] = PRECISIONS,
    folds: int = FOLDS,
) -> None:
    """Refuse what :func:`fit` refuses, before anything is scored.

    Raises
    ------
    DataError
        If there are too few pairs or queries, or all are of one kind.
    UsageError
        If an option makes no sense.
    """
    if method not in ("auto", *METHODS):
        raise UsageError(f"There is no method {method!r}.", hint=f"Give auto, {', '.join(METHODS)}.")
    if not all(0 < precision <= 1 for precision in precisions):
        raise UsageError(
            "A chosen precision lies outside 0..1.", hint="Give precisions above 0, up to 1, such as 0.9."
        )
    if folds < 2:
        raise UsageError(f"folds is {folds}.", hint="Give 2 or more.")
    good, queries = sum(map(bool, relevant)), len(set(query_ids))
    if min(good, len(relevant) - good) < LEAST_OF_EACH or queries < 2:
        raise DataError(
            f"{good:,} relevant pairs, {len(relevant) - good:,} others and {queries:,} queries are too few.",
            hint=f"Calibration needs at least {LEAST_OF_EACH} relevant pairs, {LEAST_OF_EACH} others and two "
            "queries, and some hundred to be worth something.",
        )


def _checked(
    margins: Sequence[float] | FloatArray, relevant: Sequence[bool] | BoolArray, query_ids: Sequence[str]
) -> tuple[FloatArray, BoolArray]:
    said, true = np.asarray(margins, np.float64), np.asarray(relevant, np.bool_)
    if said.ndim != 1 or said.shape != true.shape or len(said) != len(query_ids):
        raise UsageError(
            f"There are {said.size} margins, {true.size} outcomes and {len(query_ids)} queries.",
            hint="Give three lists of one length.",
        )
    if not (np.abs(said) <= MOST_MARGIN).all():
        raise UsageError(
            f"A margin is not between -{MOST_MARGIN:,} and {MOST_MARGIN:,}.",
            hint="Give Score.margin of each pair.",
        )
    return said, true


def _deal(query_ids: Sequence[str], folds: int, seed: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Number of the fold of each pair; the folds have as many queries as each other, or one more."""
    queries = sorted(set(query_ids))
    dealt = np.random.default_rng(seed).permutation(len(queries)) % min(folds, len(queries))
    fold_of = dict(zip(queries, dealt.tolist(), strict=True))
    return np.array([fold_of[query] for query in query_ids])


def _held_out(
    method: Method, margins: FloatArray, relevant: BoolArray, own: np.ndarray[Any, np.dtype[np.int64]]
) -> FloatArray:
    """Probability of each pair by the map of the other folds."""
    probabilities = np.empty(len(margins))
    for fold in range(int(own.max()) + 1):
        unseen = own == fold
        fitted = fit_map(method, margins[~unseen], relevant[~unseen])
        probabilities[unseen] = [fitted.probability(margin) for margin in margins[unseen].tolist()]
    return probabilities
