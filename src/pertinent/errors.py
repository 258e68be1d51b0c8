"""Every error Pertinent raises on purpose.

::

    PertinentError
    ├── UsageError            the call is wrong: an argument, a filter, a setting (exit code 2)
    │   ├── FilterError       a filter names an unknown field or gives a value of the wrong type
    │   ├── LocalOnlyError    texts of a collection that is local-only would go to a service
    │   └── SettingsError     a setting in pertinent.toml, the environment or .env is not valid
    ├── DataError             an input file or a record in it cannot be used (exit code 1)
    │   └── RecordError       one record, with file and position
    │       ├── EmptyFile     a file in which there is nothing
    │       └── UnknownFormat a file that no reader knows
    ├── ModelError            a model is missing, damaged or fails its check at load
    ├── StoreError            a collection cannot be opened, read or written
    │   ├── CollectionNotFound
    │   ├── CollectionMismatch  made with another embedder, or by a newer Pertinent
    │   └── CollectionLocked    another process is writing
    ├── FetchError            something from outside could not be fetched or verified
    └── ProviderError         a service that reranks or embeds did not answer, or not as it should
        ├── ProviderRefused   not this key, this request or any more spending; asking again is vain
        └── ProviderUnavailable   not now: no connection, too many requests, a fault of its own, out of time

:class:`Abandoned` stands apart: it is no fault, and nobody waits for the work any more.

Every error has two parts: ``message`` says what happened, ``hint`` says what to do next.
Messages never contain document text, query text or secrets.
"""

from __future__ import annotations


class PertinentError(Exception):
    """Base of every error raised on purpose.

    Parameters
    ----------
    message : str
        What happened, in one sentence, without document text or secrets.
    hint : str
        What the reader can do next.

    Examples
    --------
    >>> str(PertinentError("The model folder is empty.", hint="Build it with tools/train_carried.py."))
    'The model folder is empty. Build it with tools/train_carried.py.'
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the trip between processes; keyword arguments would be lost otherwise."""
        return (_rebuild, (type(self), self.message, self.hint, self.__dict__))


def _rebuild(kind: type[PertinentError], message: str, hint: str, state: dict[str, object]) -> PertinentError:
    error = kind.__new__(kind)
    PertinentError.__init__(error, message, hint=hint)
    error.__dict__.update(state)
    return error


class UsageError(PertinentError):
    """The call itself is wrong: an argument, a filter, a setting."""

    exit_code = 2


class FilterError(UsageError):
    """A filter names an unknown field, or gives a value of the wrong type or form."""


class LocalOnlyError(UsageError):
    """Texts of a collection that is local-only would go to a service; none has left."""


class SettingsError(UsageError):
    """A setting in ``pertinent.toml``, the environment or ``.env`` is not valid."""


class DataError(PertinentError):
    """An input file, or something in it, cannot be used."""


class RecordError(DataError):
    """One record of an input cannot be used; the rest may be fine.

    Parameters
    ----------
    reason : str
        What is wrong with the record, without its text.
    source : str
        File (or stream) the record stands in.
    position : str
        Where in it, in words: ``"line 12"``, ``"citation 3 (PMID 12345)"``.
    hint : str
        What the reader can do next; the default fits records that are indexed.
    """

    def __init__(
        self,
        reason: str,
        *,
        source: str,
        position: str,
        hint: str = "Correct the record, or index without --strict to skip it.",
    ) -> None:
        super().__init__(f"{source}, {position}: {reason}", hint=hint)
        self.reason = reason
        self.source = source
        self.position = position


class EmptyFile(RecordError):  # noqa: N818 (reads better where it is caught)
    """A file in which there is nothing."""


class UnknownFormat(RecordError):  # noqa: N818 (reads better where it is caught)
    """A file of a kind that no reader knows; it may well be sound."""


class ModelError(PertinentError):
    """A model is missing, damaged, or fails its check at load."""


class StoreError(PertinentError):
    """A collection cannot be opened, read or written."""


class CollectionNotFound(StoreError):  # noqa: N818 (reads better where it is caught)
    """There is no collection of that name or at that path."""


class CollectionMismatch(StoreError):  # noqa: N818
    """The collection was made with another embedder, or by a newer Pertinent."""


class CollectionLocked(StoreError):  # noqa: N818
    """Another process holds the collection's writer lock."""


class FetchError(PertinentError):
    """Something from outside could not be fetched, or is not what it should be."""


class ProviderError(PertinentError):
    """A service that reranks or embeds did not answer, or not as it should.

    Parameters
    ----------
    message, hint : str
        Without texts and keys.
    provider : str
        Which service, by the name it is configured by.
    status : int | None
        HTTP status; None where there was no answer.
    request_id : str
        The service's own name of the call, for its operators; empty where it gave none.
    """

    def __init__(
        self, message: str, *, hint: str, provider: str = "", status: int | None = None, request_id: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.provider = provider
        self.status = status
        self.request_id = request_id


class ProviderRefused(ProviderError):  # noqa: N818 (reads better where it is caught)
    """The service does not accept the key, the request or any more spending: asking again is vain."""


class ProviderUnavailable(ProviderError):  # noqa: N818
    """The service cannot answer now: no connection, too many requests, a fault of its own, out of time."""


class Abandoned(BaseException):
    """Nobody waits for this work any more.

    No ``Exception``, as ``KeyboardInterrupt`` is none: what goes on after failures must not go on after this.
    """
