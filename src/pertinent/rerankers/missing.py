"""A reranker that could not be made, in its place: it tells why as soon as it is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn

from pertinent.errors import FetchError, PertinentError, SettingsError
from pertinent.families.catalogue import known_model
from pertinent.providers.remote_name import remote_name
from pertinent.rerankers.protocol import Scorer
from pertinent.types import ModelInfo, Progress


class MissingReranker:
    """Stands where a search goes on without its reranker; implements ``Scorer``.

    Parameters
    ----------
    names : Sequence[str]
        What was asked for.
    error : PertinentError
        Why it is not there; raised by every call.
    """

    def __init__(self, names: Sequence[str], error: PertinentError) -> None:
        known = known_model(names[0]) or known_model(names[0].partition(":")[2])
        family = known.family if known else ""
        self.model = ModelInfo(" | ".join(names), "", family, "reranker", 0, 0, "")
        remote = map(remote_name, names)
        self.services = tuple(name.provider for name in remote if name)
        """Who would have been sent texts."""
        self._error = error

    def score(
        self,
        query: str,  # noqa: ARG002 (the protocol's)
        documents: Sequence[str],  # noqa: ARG002
        instruction: str | None = None,  # noqa: ARG002
        *,
        progress: Progress | None = None,  # noqa: ARG002
    ) -> NoReturn:
        """Raise."""
        raise self._error


def made_or_missing(make: Callable[[], Scorer], names: Sequence[str]) -> Scorer:
    """Make a reranker for a search, which can go on without it.

    A key or a network that is missing fails no search. A call that is wrong in itself, such as one with a
    name that no model has, stays an error, because no other day makes it right.

    Parameters
    ----------
    make : Callable[[], Scorer]
        Makes it.
    names : Sequence[str]
        What it is called, one name at least.
    """
    try:
        return make()
    except (SettingsError, FetchError) as error:
        return MissingReranker(names, error)
