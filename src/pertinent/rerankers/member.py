"""One reranker of a chain, which is made when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from pertinent.providers.leaving import services_of
from pertinent.rerankers.protocol import Scorer
from pertinent.types import ModelInfo


class Member:
    """A reranker of a chain; made when it is first needed.

    Parameters
    ----------
    info : ModelInfo
        What is known of its model before it is made.
    make : Callable[[], Scorer]
        Makes it, at once or with a download.
    services : tuple[str, ...]
        Who is sent texts by it, as far as that is known before it is made.
    """

    def __init__(self, info: ModelInfo, make: Callable[[], Scorer], services: tuple[str, ...] = ()) -> None:
        self._info = info
        self._services = services
        self._made: Scorer | None = None
        self._make = make
        self._making = Lock()

    @property
    def model(self) -> ModelInfo:
        """Which model scores; as far as is known where it is not made yet."""
        return self._info if self._made is None else self._made.model

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def services(self) -> tuple[str, ...]:
        """Who is sent texts (see ``services_of``)."""
        return self._services or services_of(self._made)

    def scorer(self) -> Scorer:
        """The reranker."""
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made
