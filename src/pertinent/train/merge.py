"""Merging checkpoints of one architecture: linear, or along the sphere.

Sources: Wortsman et al., "Model soups", ICML 2022, arXiv:2203.05482 (linear averages); Shoemake,
"Animating Rotation with Quaternion Curves", SIGGRAPH 1985 (slerp), taken per tensor as Qwen3-Embedding
(arXiv:2506.05176) and Querit-Reranker (arXiv:2606.19037) do with their checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from pertinent.engine.quantized import FloatArray
from pertinent.errors import UsageError

Weights: TypeAlias = Mapping[str, FloatArray]

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of the second of two checkpoints, which a search tries."""

NEARLY_PARALLEL = 0.9995
"""Cosine from which on the arc between two tensors is a straight line as far as float32 can tell."""


class FoundShare(NamedTuple):
    """What a search found.

    Parameters
    ----------
    share : float
        Of the second checkpoint.
    weights : dict[str, float32 array]
        Merged by it.
    tried : dict[float, float]
        Quality by share.
    """

    share: float
    weights: dict[str, FloatArray]
    tried: dict[float, float]


def merge(
    checkpoints: Sequence[Weights], shares: Sequence[float], method: Literal["linear", "slerp"] = "slerp"
) -> dict[str, FloatArray]:
    """Merge checkpoints by shares.

    More than two are merged one after another: after ``n`` of them each has its share of their sum.

    Parameters
    ----------
    checkpoints : Sequence[Mapping[str, float32 array]]
        Tensors by name; names and shapes must be the same in all.
    shares : Sequence[float]
        One for each, above 0; their sum does not matter.
    method : {"linear", "slerp"}
        Mean of the tensors, or the point on the arc between them.

    Returns
    -------
    dict[str, float32 array]
        The merged tensors.

    Raises
    ------
    UsageError
        If there is nothing to merge, or the checkpoints are not of one architecture.

    Examples
    --------
    >>> one, two = {"w": np.array([1.0, 0.0], np.float32)}, {"w": np.array([0.0, 1.0], np.float32)}
    >>> merge([one, two], [1, 1], "linear")["w"].tolist()
    [0.5, 0.5]
    >>> [round(float(value), 4) for value in merge([one, two], [1, 1])["w"]]
    [0.7071, 0.7071]
    """
    if not checkpoints or len(checkpoints) != len(shares) or any(not share > 0 for share in shares):
        raise UsageError(
            f"{len(checkpoints)} checkpoints cannot be merged by {len(shares)} shares.",
            hint="Give at least one checkpoint, and a share above 0 for each.",
        )
    merged = {name: np.asarray(tensor, np.float32) for name, tensor in checkpoints[0].items()}
    total = shares[0]
    for checkpoint, share in zip(checkpoints[1:], shares[1:], strict=True):
        total += share
        merged = _between(merged, checkpoint, share / total, linear if method == "linear" else slerp)
    return merged


def search_share(
    one: Weights,
    two: Weights,
    quality: Callable[[Weights], float],
    *,
    shares: Sequence[float] = SHARES,
    method: Literal["linear", "slerp"] = "slerp",
) -> FoundShare:
    """Find the share of the second of two checkpoints that a development set likes best.

    Parameters
    ----------
    one, two : Mapping[str, float32 array]
        The checkpoints.
    quality : Callable[[Mapping], float]
        Measures merged weights; higher is better. The set that it measures on chooses, so it is no
        place to report results.
    shares : Sequence[float]
        Tried in this order; of equals the first one wins.

    Returns
    -------
    FoundShare
        The share, the weights merged by it, and what every share gave.

    Raises
    ------
    UsageError
        If the checkpoints are not of one architecture, or no share is to be tried.
    """
    if not shares:
        raise UsageError("No share is to be tried.", hint="Give shares between 0 and 1.")
    between = linear if method == "linear" else slerp
    tried = {share: quality(_between(one, two, share, between)) for share in shares}
    best = max(tried, key=tried.__getitem__)
    return FoundShare(best, _between(one, two, best, between), tried)


def linear(one: FloatArray, two: FloatArray, share: float) -> FloatArray:
    """The point on the line between two tensors."""
    mixed: FloatArray = ((1 - share) * one + share * two).astype(np.float32)
    return mixed


def slerp(one: FloatArray, two: FloatArray, share: float) -> FloatArray:
    """The point on the arc between two tensors taken as vectors; the line where they are nearly parallel."""
    first, second = one.astype(np.float64).ravel(), two.astype(np.float64).ravel()
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    cosine = float(first @ second) / length if length > 0 else 1.0
    if abs(cosine) > NEARLY_PARALLEL:
        return linear(one, two, share)
    angle = np.arccos(cosine)
    mixed = (np.sin((1 - share) * angle) * first + np.sin(share * angle) * second) / np.sin(angle)
    arc: FloatArray = mixed.reshape(one.shape).astype(np.float32)
    return arc


def _between(
    one: Weights, two: Weights, share: float, between: Callable[[FloatArray, FloatArray, float], FloatArray]
) -> dict[str, FloatArray]:
    if {name: tensor.shape for name, tensor in one.items()} != {
        name: tensor.shape for name, tensor in two.items()
    }:
        raise UsageError(
            "The checkpoints are not of one architecture.",
            hint="Merge checkpoints of one base with the same layers.",
        )
    return {
        name: between(np.asarray(one[name], np.float32), np.asarray(two[name], np.float32), share)
        for name in one
    }
