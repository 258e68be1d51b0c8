"""Why a request is not answered as it wishes."""

from __future__ import annotations

from pertinent.errors import (
    CollectionLocked,
    CollectionMismatch,
    CollectionNotFound,
    ModelError,
    PertinentError,
    ProviderUnavailable,
    StoreError,
    UsageError,
)
from pertinent.providers.faults import RequestFault

STATUSES: dict[type[PertinentError], int] = {
    UsageError: 400,
    CollectionNotFound: 404,
    CollectionMismatch: 409,
    CollectionLocked: 503,
    StoreError: 503,
    ModelError: 503,
    ProviderUnavailable: 503,
}
"""Of errors on purpose; the first kind that fits counts. 502 where none does: something outside failed."""

LOCK_SECONDS = 5


class Refusal(Exception):  # noqa: N818 (reads better where it is caught)
    """An answer that is no result.

    Parameters
    ----------
    status : int
        HTTP status.
    message : str
        What the client is told; without texts and keys.
    retry_after : int | None
        Seconds after which asking again makes sense.
    """

    def __init__(self, status: int, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after


class Gone(Exception):  # noqa: N818
    """The client has left; nobody reads an answer."""


def refusal_of(error: PertinentError) -> Refusal:
    """What an error on purpose is over HTTP.

    Examples
    --------
    >>> refusal_of(CollectionNotFound("There is no collection 'a'.", hint="Make it.")).status
    404
    """
    if isinstance(error, RequestFault):
        return Refusal(error.status, error.message)
    for kind, status in STATUSES.items():
        if isinstance(error, kind):
            return Refusal(status, str(error), retry_after=LOCK_SECONDS if kind is CollectionLocked else None)
    return Refusal(502, str(error))
