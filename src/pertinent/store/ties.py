"""The best of a list where many scores are equal: an engine cuts equal scores anywhere, we never do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from pertinent.store.points import to_passage
from pertinent.types import Found

Query = TypeVar("Query")

_MOST_TIES = 16_384


class ScoredPoint(Protocol):
    """As the engine and the server's client both have it."""

    @property
    def id(self) -> Any:
        """Of the passage."""
        ...

    @property
    def score(self) -> float:
        """The larger the better."""
        ...

    @property
    def payload(self) -> Any:
        """Of the passage."""
        ...


def best_lists(
    queries: Mapping[str, Query],
    limit: int,
    ask: Callable[[list[Query], int], Sequence[Sequence[ScoredPoint]]],
) -> dict[str, tuple[Found, ...]]:
    """The best ``limit`` of each query, equal scores by passage id.

    Parameters
    ----------
    queries : Mapping[str, Query]
        By the name of the list they make.
    limit : int
        Passages of each list.
    ask : Callable[[list[Query], int], Sequence[Sequence[ScoredPoint]]]
        Gives so many of the best of each query.

    Returns
    -------
    dict[str, tuple[Found, ...]]
        The lists by name.
    """
    waiting = dict(queries)
    lists: dict[str, tuple[Found, ...]] = {}
    wanted = limit + 1
    while waiting:
        answers = ask(list(waiting.values()), wanted)
        for name, points in zip(list(waiting), answers, strict=True):
            # Ask on until the cut falls between two scores.
            tied = len(points) == wanted and points[limit - 1].score == points[-1].score
            if not tied or wanted >= _MOST_TIES:
                lists[name] = _ordered(points, limit)
                del waiting[name]
        wanted *= 4
    return lists


def _ordered(points: Sequence[ScoredPoint], limit: int) -> tuple[Found, ...]:
    best = sorted(points, key=lambda point: (-point.score, str(point.id)))[:limit]
    return tuple(Found(to_passage(point.id, point.payload or {}), float(point.score)) for point in best)
