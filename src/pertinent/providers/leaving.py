"""Whether texts leave this machine: which services a model asks, and a lock that lets none through.

Every reranker and embedder names the services it asks, and what is around one names those within. So a search
that must stay here is refused before it begins. What does not tell is stopped at the door: no request is sent
to a service while :func:`texts_stay` holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pertinent.errors import LocalOnlyError

_staying: ContextVar[bool] = ContextVar("texts stay here", default=False)


def services_of(*models: object) -> tuple[str, ...]:
    """Names of the services that rerankers or embedders send texts to; empty where they work here.

    Examples
    --------
    >>> from pertinent import Reranker
    >>> services_of(Reranker(), Reranker("http://127.0.0.1:8000/v1/rerank"))
    ('127.0.0.1:8000',)
    """
    return tuple(dict.fromkeys(name for model in models for name in getattr(model, "services", ())))


def require_local(collection: str, *models: object) -> None:
    """Refuse models that send texts to a service, one in a chain or a cascade included.

    Parameters
    ----------
    collection : str
        What is told of in the error.
    *models : Scorer | TextEmbedder
        Who would work on it.

    Raises
    ------
    LocalOnlyError
        If one of them does.
    """
    if services := services_of(*models):
        raise LocalOnlyError(
            f"Collection {collection!r} is local-only, and its texts would go to {', '.join(services)}.",
            hint="Name models that run here, or index what may leave into another collection.",
        )


@contextmanager
def texts_stay() -> Iterator[None]:
    """Send nothing to any service in this block, whatever asks for it."""
    token = _staying.set(True)
    try:
        yield
    finally:
        _staying.reset(token)


def require_leave(service: str) -> None:
    """Refuse to send where texts stay here.

    Raises
    ------
    LocalOnlyError
        If they do.
    """
    if _staying.get():
        raise LocalOnlyError(
            f"A model would send texts of a local-only collection to {service}.",
            hint="Name models that run here.",
        )
