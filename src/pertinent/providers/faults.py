"""A request that a server cannot read."""

from __future__ import annotations

from pertinent.errors import UsageError


class RequestFault(UsageError):  # noqa: N818 (reads better where it is caught)
    """A request is not what its dialect says.

    Parameters
    ----------
    message : str
        What is wrong, by names of fields and by counts, never by what stands in them.
    status : int
        HTTP status of the answer.
    hint : str
        What the client can do.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        hint: str = "Correct the request; docs/providers.md has the forms.",
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
