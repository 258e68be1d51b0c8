"""From what came back, or did not, to an error and what may be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx2

from pertinent.errors import ProviderError, ProviderRefused, ProviderUnavailable
from pertinent.providers.configured import Configured
from pertinent.providers.retrying import may_retry

REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-trace-id")
_UNREADABLE = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


@dataclass(eq=False)
class Failed(Exception):  # noqa: N818 (an outcome of one attempt, not of the call)
    """One attempt that brought no usable answer.

    Parameters
    ----------
    error : ProviderError
        What the caller gets if it was the last.
    again : bool
        Whether it may be tried again.
    unwell : bool
        Whether it speaks against the endpoint.
    billed : bool
        Whether the service may have done the work, and charge for it.
    unread : bool
        Whether the service could not read the request.
    complaint : str
        What it said; in no repr, because it may repeat a text.
    wait : float | None
        Seconds that it wishes until the next attempt.
    """

    error: ProviderError
    again: bool = True
    unwell: bool = True
    billed: bool = True
    unread: bool = False
    complaint: str = field(default="", repr=False)
    wait: float | None = None


def request_id_of(headers: Mapping[str, str]) -> str:
    """The service's name of a request; empty where it gives none that can be shown."""
    found = next((headers[name] for name in REQUEST_ID_HEADERS if headers.get(name)), "")
    return found if len(found) <= 128 and found.isascii() and found.isprintable() else ""


def broken_off(provider: Configured, error: httpx2.TransportError) -> Failed:
    """A request that got no whole answer."""
    name, times = provider.name, provider.settings.timeouts
    if isinstance(error, httpx2.PoolTimeout):
        return Failed(
            ProviderUnavailable(
                f"All {provider.settings.connections} connections to {name} were busy for {times.pool:g} s.",
                hint=f"Ask less at a time, or raise connections under [providers.{name}].",
                provider=name,
            ),
            again=False,
            unwell=False,
            billed=False,
        )
    what = {
        httpx2.ConnectTimeout: f"no connection within {times.connect:g} s",
        httpx2.ConnectError: "no connection",
        httpx2.ProxyError: "the proxy gives no connection",
        httpx2.ReadTimeout: f"nothing came for {times.read:g} s",
        httpx2.WriteTimeout: f"nothing was taken for {times.write:g} s",
    }.get(type(error), "the connection broke off")
    unbilled = isinstance(error, httpx2.ConnectTimeout | httpx2.ConnectError | httpx2.ProxyError)
    return Failed(
        ProviderUnavailable(
            f"{name} did not answer ({what}).",
            hint="Check its address, the network and the proxy settings, or name a chain of providers.",
            provider=name,
        ),
        billed=not unbilled,
    )


def unusable(provider: Configured, error: ProviderError, request_id: str) -> Failed:
    """An answer that is none."""
    return Failed(
        ProviderError(
            f"{provider.name}: {error.message}",
            hint=error.hint,
            provider=provider.name,
            status=HTTPStatus.OK,
            request_id=request_id,
        )
    )


def refused(
    provider: Configured,
    status: int,
    headers: Mapping[str, str],
    *,
    said: str,
    complaint: str,
    wait: float | None,
) -> Failed:
    """An answer with a status that is no success.

    Parameters
    ----------
    provider : Configured
        Who answered.
    status, headers
        Of the answer.
    said : str
        Of its complaint, what may be shown.
    complaint : str
        All of it.
    wait : float | None
        Seconds that it wishes until the next attempt.
    """
    name = provider.name
    message, hint = _words(provider, status)
    kind = ProviderUnavailable if may_retry(status, {}) else ProviderRefused
    error = kind(
        f"{message} (HTTP {status}{f', {said}' if said else ''}).",
        hint=hint,
        provider=name,
        status=status,
        request_id=request_id_of(headers),
    )
    return Failed(
        error,
        again=may_retry(status, headers),
        unwell=may_retry(status, {}),
        billed=False,
        unread=status in _UNREADABLE,
        complaint=complaint,
        wait=wait,
    )


def _words(provider: Configured, status: int) -> tuple[str, str]:
    """What happened and what to do about it."""
    name, section = provider.name, f"[providers.{provider.name}]"
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        told = f"Set {provider.key_variable} in the environment or .env to a key that is valid there."
        untold = f"Name the environment variable that holds its key as key_variable under {section}."
        return f"{name} does not accept the key", told if provider.key_variable else untold
    missing = ("has no such endpoint or model", "Check the model's name and the address.")
    unread = ("refused the request", "Check model, dialect and limits, and try `pertinent providers check`.")
    words: dict[int, tuple[str, str]] = {
        HTTPStatus.PAYMENT_REQUIRED: (
            "wants to be paid first",
            "Add credit at the provider, or name another one.",
        ),
        HTTPStatus.NOT_FOUND: missing,
        HTTPStatus.METHOD_NOT_ALLOWED: missing,
        HTTPStatus.TOO_MANY_REQUESTS: (
            "got too many requests",
            f"Ask less at a time, lower connections under {section}, or name a chain of providers.",
        ),
        **dict.fromkeys(_UNREADABLE, unread),
    }
    said, hint = words.get(status) or _other_words(section, status)
    return f"{name} {said}", hint


def _other_words(section: str, status: int) -> tuple[str, str]:
    if status < HTTPStatus.BAD_REQUEST:
        return (
            "sends to another address",
            f"Set address under {section} to the place itself; redirections are not followed.",
        )
    if may_retry(status, {}):
        return "has a fault of its own", "Try again later, or name a chain of providers."
    return "does not serve this request", "Check the address and the model."
