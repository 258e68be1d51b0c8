"""Reaching a Qdrant server: its address, its key, and its faults in plain words without anything stored."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pertinent.errors import PertinentError, SettingsError, StoreError, UsageError
from pertinent.providers.configured import checked_address, read_variable
from pertinent.providers.leaving import require_leave
from pertinent.settings import load_settings

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

KEY_VARIABLE = "PERTINENT_QDRANT_API_KEY"
OLDEST = (1, 16)
"""Older servers ignore the condition of an update, on which the writer's lease stands."""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server is.

    Parameters
    ----------
    url : str
        ``http(s)://HOST[:PORT][/PATH]``; without a port it is Qdrant's own, 6333.
    key : str
        Its key; in no repr, and empty where none is sent.
    timeout : float
        Seconds for one request.
    """

    url: str
    key: str = field(default="", repr=False)
    timeout: float = 30.0

    def __str__(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def in_clear(self) -> bool:
        """Whether others on the way can read what is sent."""
        parts = urlsplit(self.url)
        return parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}


def server_address(url: str = "") -> ServerAddress:
    """Complete an address by the settings.

    The key belongs to the address that the settings name; where they name none, to the one that is given.

    Parameters
    ----------
    url : str
        Empty takes the setting ``qdrant_url``.

    Raises
    ------
    UsageError
        If the address cannot be used, or there is none.
    SettingsError
        If the key holds what no key holds.
    """
    settings = load_settings()
    url, own = (url or settings.qdrant_url).rstrip("/"), settings.qdrant_url.rstrip("/")
    if not url:
        raise UsageError("No Qdrant server is named.", hint="Give --url, or set PERTINENT_QDRANT_URL.")
    checked_address(url, "a Qdrant server")
    key = read_variable(KEY_VARIABLE) if url == own or not own else ""
    if not (key.isascii() and key.isprintable()):
        raise SettingsError(
            f"{KEY_VARIABLE} holds characters that no key has.", hint="Copy the key there again."
        )
    return ServerAddress(url, key, settings.qdrant_timeout)


def require_client() -> None:
    """Say how to install the extra ``server`` where it is not there.

    Raises
    ------
    UsageError
        If it is not.
    """
    if find_spec("qdrant_client") is None:
        raise UsageError(
            "A Qdrant server needs qdrant-client.", hint="Install it with: pip install 'pertinent[server]'"
        )


def connect(address: ServerAddress) -> QdrantClient:
    """Reach a server.

    Raises
    ------
    UsageError
        If the extra ``server`` is not installed.
    LocalOnlyError
        If texts stay on this machine: what an address names may be anywhere, behind a tunnel too.
    StoreError
        If it does not answer, or is too old.
    """
    require_leave(f"the Qdrant server {address}")
    require_client()
    from qdrant_client import QdrantClient

    with server_faults(f"Reaching the Qdrant server {address}"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Api key is used with an insecure")  # told by ``in_clear``
        client = QdrantClient(
            url=address.url,
            api_key=address.key or None,
            timeout=max(1, round(address.timeout)),
            check_compatibility=False,
        )
        version = client.info().version
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST:
        client.close()
        raise StoreError(
            f"The Qdrant server {address} is older than {'.'.join(map(str, OLDEST))}.", hint="Upgrade it."
        )
    return client


@contextmanager
def server_faults(doing: str) -> Iterator[None]:
    """Turn a fault of server or client into a StoreError; its own words may quote what was stored."""
    try:
        yield
    except PertinentError:
        raise
    except Exception as error:
        status = getattr(error, "status_code", None)
        raise StoreError(f"{doing} failed{_reason(error, status)}.", hint=_hint(status)) from error


def _reason(error: Exception, status: object) -> str:
    if status is not None:
        return f": the server answered with status {status}"
    if type(error).__name__ == "ResponseHandlingException":
        return ": the server did not answer in time, or not at all"
    return f" ({type(error).__name__})"


def _hint(status: object) -> str:
    if status in {401, 403}:
        return (
            f"Set {KEY_VARIABLE} in the environment or .env; the key goes to PERTINENT_QDRANT_URL "
            "where that is set."
        )
    return "Check the address, and whether the server is up and healthy; then try again."
