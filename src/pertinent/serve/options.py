"""What a server is told when it starts: where it listens, whom it serves, how much it takes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from pertinent.errors import UsageError


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what is asked and on what waits; beyond them requests are refused, never queued on.

    Parameters
    ----------
    body_bytes : int
        Of one request.
    json_depth : int
        Lists and objects within each other.
    documents : int
        Documents, or texts to embed, of one request.
    request_tokens : int
        Tokens of one request, prompts and windows included.
    requests : int
        Requests that are being answered or wait, of all clients.
    client_requests : int
        Those of one client.
    queue_tokens, client_queue_tokens : int
        Tokens that wait for one model, of all clients and of one.
    head_seconds, body_seconds : float
        For the head of a request and for its body to arrive.
    answer_seconds, write_seconds : float
        For an answer to be found, and for a client to go on reading one.
    drain_seconds : float
        For accepted requests to finish once the server is asked to end.
    """

    body_bytes: int = 8 << 20
    json_depth: int = 16
    documents: int = 2_000
    request_tokens: int = 1_000_000
    requests: int = 96
    client_requests: int = 72
    queue_tokens: int = 4_000_000
    client_queue_tokens: int = 3_000_000
    head_seconds: float = 20.0
    body_seconds: float = 30.0
    answer_seconds: float = 60.0
    write_seconds: float = 60.0
    drain_seconds: float = 60.0


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How a server is started.

    Parameters
    ----------
    models, embedders : tuple[str, ...]
        ``MODEL`` or ``NAME=MODEL``; the first answers where a request names none.
    collections : Path | None
        Folder of the collections; None takes the settings'.
    host, port
        Where it listens; port 0 takes a free one.
    keys : Path | None
        File of the API keys; None answers without keys, which only a loopback host may.
    limits : Limits
        See there.
    cache : bool
        Whether scores are kept on disk and found again.
    traces : bool
        Whether spans are sent to OpenTelemetry.

    Raises
    ------
    UsageError
        If keys are off on a host that others can reach.
    """

    models: tuple[str, ...] = ()
    embedders: tuple[str, ...] = ()
    collections: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    keys: Path | None = None
    limits: Limits = field(default_factory=Limits)
    cache: bool = False
    traces: bool = False

    def __post_init__(self) -> None:
        if self.keys is None and not is_loopback(self.host):
            raise UsageError(
                f"Without API keys, {self.host} would answer whoever reaches it.",
                hint="Make a key (pertinent keys add NAME --scope rerank), or listen on 127.0.0.1.",
            )


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine alone.

    Examples
    --------
    >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
