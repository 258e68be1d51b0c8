"""Who asks, and whether they may."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from starlette.requests import Request

from pertinent.errors import DataError
from pertinent.serve.keys import Key, KeyFile
from pertinent.serve.options import is_loopback
from pertinent.serve.refusals import Refusal

log = logging.getLogger("pertinent.serve")

SCHEMES = ("bearer ", "token ")


class Access:
    """The door of a server.

    Parameters
    ----------
    keys : KeyFile | None
        Who may ask for what; None lets everybody on this machine ask for everything.
    """

    def __init__(self, keys: KeyFile | None) -> None:
        self._keys = keys

    def key_of(self, request: Request) -> Key | None:
        """The key that a request brings; None where keys are off.

        Raises
        ------
        Refusal
            If it brings none, or one that is not known; and without keys, if it does not name this host or
            comes from a page of another.
        """
        if self._keys is None:
            # A page that a browser shows could reach this port by a name of its own (DNS rebinding), or send
            # requests here whose answers it cannot read, but whose work is done and may be paid for.
            if not is_loopback(_host(request.headers.get("host", ""))):
                raise Refusal(421, "Without API keys, the server answers to names of this machine alone.")
            origin = request.headers.get("origin")
            if origin is not None and not is_loopback(_host(origin.partition("://")[2])):
                raise Refusal(403, "Without API keys, pages from elsewhere may not ask this server.")
            return None
        given = request.headers.get("authorization", "")
        scheme = next((scheme for scheme in SCHEMES if given.lower().startswith(scheme)), None)
        try:
            key = self._keys.find(given[len(scheme) :].strip()) if scheme else None
        except (DataError, OSError) as error:
            log.error("no keys", exc_info=error)
            raise Refusal(503, "The server cannot read its API keys.") from None
        if key is None:
            raise Refusal(401, "An API key is needed: send it as Authorization: Bearer KEY.")
        return key


def require_scope(key: Key | None, scope: str) -> None:
    """Refuse what a key does not open; without keys everything is open.

    Raises
    ------
    Refusal
        If it does not.
    """
    if key is not None and not key.may(scope):
        raise Refusal(403, "The API key does not open this.")


def client_of(request: Request, key: Key | None) -> str:
    """Whose turn a request takes: its key's; without keys, its connection's."""
    if key is not None:
        return key.id
    return f"{request.client.host}:{request.client.port}" if request.client else "local"


def _host(given: str) -> str:
    """The host of ``HOST[:PORT]``; empty where it is none."""
    try:
        return "" if "@" in given else urlsplit(f"//{given}").hostname or ""
    except ValueError:
        return ""
