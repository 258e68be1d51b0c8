"""Strengths from pairwise outcomes.

Model: Bradley and Terry, "Rank analysis of incomplete block designs", Biometrika 39 (1952): i wins against j
with probability ``1 / (1 + exp(s_j - s_i))``. A Gaussian prior keeps strengths finite where one side won
everything and comparable where some never met (see Caron and Doucet, "Efficient Bayesian inference for
generalized Bradley-Terry models", 2012). MemReranker (arXiv 2605.06132) turns the pairwise judgements of its
teachers to soft labels in this way.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pertinent.errors import UsageError

PRIOR = 2.0
"""Standard deviation of strengths before anything was compared; at 2, one such step wins 88 games of 100."""

Floats = npt.NDArray[np.float64]

_STEPS = 100
_SMALL = 1e-10


def strengths(wins: npt.ArrayLike, prior: float = PRIOR) -> Floats:
    """Most probable strengths, by Newton's method; the posterior has one maximum.

    Parameters
    ----------
    wins : array_like, shape (n, n)
        How often the one of the row won against the one of the column, not negative; a tie counts as half a
        win of each. The diagonal is zero.
    prior : float
        Standard deviation of the Gaussian prior, above zero.

    Returns
    -------
    ndarray, shape (n,)
        Log-odds of winning against one of strength 0; their sum is zero.

    Raises
    ------
    UsageError
        If these are no wins, or the prior is not above zero.

    Examples
    --------
    >>> strengths([[0, 2, 2], [0, 0, 2], [0, 0, 0]]).round(2).tolist()
    [1.62, 0.0, -1.62]
    """
    won = np.asarray(wins, dtype=np.float64)
    square = won.ndim == 2 and won.shape[0] == won.shape[1]
    if not (square and np.isfinite(won).all() and (won >= 0).all() and not won.diagonal().any()):
        raise UsageError(
            "Wins are no square table of finite numbers from zero, with zeros on the diagonal.",
            hint="Give how often each won against each other.",
        )
    if not (np.isfinite(prior) and prior > 0):
        raise UsageError(f"The prior is {prior}.", hint="Give a standard deviation above zero.")
    precision = prior**-2
    games = won + won.T
    found = np.zeros(len(won))
    for _ in range(_STEPS):
        # Probability that the row wins; the logistic by tanh, which does not overflow.
        expected = 0.5 * (1 + np.tanh((found[:, None] - found[None, :]) / 2))
        slope = (won - games * expected).sum(axis=1) - precision * found
        weights = games * expected * expected.T
        curvature = np.diag(weights.sum(axis=1) + precision) - weights
        step = np.linalg.solve(curvature, slope)
        found = _climbed(won, precision, found, step)
        if np.abs(step).max(initial=0.0) < _SMALL:
            break
    return found - found.mean() if len(found) else found


def _climbed(won: Floats, precision: float, found: Floats, step: Floats) -> Floats:
    """As much of a step as goes up: a whole one can overshoot where strengths lie far apart."""
    height = _log_posterior(won, precision, found)
    share = 1.0
    while share > _SMALL and _log_posterior(won, precision, found + share * step) < height - _SMALL:
        share /= 2
    return found + share * step


def _log_posterior(won: Floats, precision: float, found: Floats) -> float:
    behind = found[None, :] - found[:, None]
    return float(-(won * np.logaddexp(0, behind)).sum() - precision * (found @ found) / 2)
