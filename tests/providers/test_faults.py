"""Every fault that a service can show, and what the caller gets: the table of docs/providers-client.md."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pertinent.errors import ProviderError, ProviderRefused, ProviderUnavailable
from pertinent.rerankers.remote import RemoteReranker
from support.faulty_server import (
    FaultyServer,
    Say,
    body,
    close_at_once,
    drip,
    endless,
    faulty_server,
    good,
    hang,
    reset_mid_body,
    status,
)
from support.services import remote, waits

PAGE = Path(__file__).parents[2] / "docs" / "providers-client.md"
QUERY, DOCUMENTS = "what lowers glucose", ["It rained.", "metformin lowers glucose"]
GOT = "the answer"


@dataclass(frozen=True)
class Fault:
    """One row.

    Parameters
    ----------
    what : str
        The fault, in words of the page.
    say : Say
        How the server shows it.
    once : str
        What the caller gets where it happens once.
    always : str
        What the caller gets where it goes on.
    requests : int
        How many are sent then, of at most three.
    wait : float | None
        Seconds that are waited after the first, where the service wishes for a time.
    settings : dict[str, Any] | None
        Of the provider.
    """

    what: str
    say: Say
    once: str
    always: str
    requests: int = 3
    wait: float | None = None
    settings: dict[str, Any] | None = None


UNAVAILABLE, BROKEN, REFUSED = "ProviderUnavailable", "ProviderError", "ProviderRefused"
SCORES = json.dumps({"scores": [0.25, 0.75]})
HTTP_DATE = "Tue, 14 Nov 2023 22:13:25 GMT"
"""Five seconds after the time that the clock of these tests shows."""


def indexed(*places: int) -> str:
    return json.dumps({"results": [{"index": place, "score": 1} for place in places]})


FAULTS = (
    Fault("closed without an answer", close_at_once, GOT, UNAVAILABLE),
    Fault("reset in the middle of the body", reset_mid_body, GOT, UNAVAILABLE),
    Fault(
        "slow loris: a byte now and then", drip(0.02), UNAVAILABLE, UNAVAILABLE, 1, None, {"deadline": 0.3}
    ),
    Fault("hang: connected, and nothing comes", hang, GOT, UNAVAILABLE, 3, None, {"timeouts": {"read": 0.1}}),
    Fault("a body without an end", endless, GOT, BROKEN),
    Fault("truncated JSON", body(SCORES[:-3]), GOT, BROKEN),
    Fault("no JSON, but a page", body("<html>Sign in</html>"), GOT, BROKEN),
    Fault("too few scores", body('{"scores": [0.25]}'), GOT, BROKEN),
    Fault("too many scores", body('{"scores": [0.25, 0.5, 0.75]}'), GOT, BROKEN),
    Fault("NaN", body('{"scores": [0.25, NaN]}'), GOT, BROKEN),
    Fault("a number that is infinite", body('{"scores": [0.25, 1e999]}'), GOT, BROKEN),
    Fault("null for a score", body('{"scores": [0.25, null]}'), GOT, BROKEN),
    Fault("an index twice", body(indexed(0, 0)), GOT, BROKEN),
    Fault("an index out of range", body(indexed(0, 2)), GOT, BROKEN),
    Fault("a probability above 1", body('{"scores": [0.25, 7.5]}'), GOT, BROKEN),
    Fault(
        "compressed, though that was not accepted", body(SCORES, {"Content-Encoding": "gzip"}), GOT, BROKEN
    ),
    Fault("429 with `Retry-After: 3`", status(429, {}, {"Retry-After": "3"}), GOT, UNAVAILABLE, 3, 3.0),
    Fault(
        "429 with `Retry-After` as a date",
        status(429, {}, {"Retry-After": HTTP_DATE}),
        GOT,
        UNAVAILABLE,
        3,
        5.0,
    ),
    Fault(
        "429 with `retry-after-ms: 250`",
        status(429, {}, {"retry-after-ms": "250"}),
        GOT,
        UNAVAILABLE,
        3,
        0.25,
    ),
    Fault(
        "429 that wishes to wait beyond the deadline",
        status(429, {}, {"Retry-After": "3600"}),
        UNAVAILABLE,
        UNAVAILABLE,
        1,
    ),
    Fault(
        "429 with a `Retry-After` that is none",
        status(429, {}, {"Retry-After": "soon"}),
        GOT,
        UNAVAILABLE,
        3,
        0.5,
    ),
    Fault("429 alone", status(429, {}), GOT, UNAVAILABLE, 3, 0.5),
    Fault("a storm of 500", status(500, {"error": "oops"}), GOT, UNAVAILABLE, 3, 0.5),
    Fault("502, 503, 504", status(503, {}), GOT, UNAVAILABLE, 3, 0.5),
    Fault(
        "500 with `x-should-retry: false`",
        status(500, {}, {"x-should-retry": "false"}),
        UNAVAILABLE,
        UNAVAILABLE,
        1,
    ),
    Fault("408, 409, 425", status(409, {}), GOT, UNAVAILABLE, 3, 0.5),
    Fault("400, 413 or 422: a request it cannot read", status(422, {"detail": "no"}), REFUSED, REFUSED, 1),
    Fault(
        "400 with `x-should-retry: true`", status(400, {}, {"x-should-retry": "true"}), GOT, REFUSED, 3, 0.5
    ),
    Fault("401 or 403: the key", status(401, {}, {"x-should-retry": "true"}), REFUSED, REFUSED, 1),
    Fault("402: no credit", status(402, {}), REFUSED, REFUSED, 1),
    Fault("404: no such model", status(404, {}), REFUSED, REFUSED, 1),
    Fault("a redirection", status(307, {}, {"Location": "http://127.0.0.1:1/"}), REFUSED, REFUSED, 1),
)


def outcome(reranker: RemoteReranker) -> str:
    try:
        scores = reranker.score(QUERY, DOCUMENTS)
    except ProviderError as error:
        return type(error).__name__ if error.provider == "deepinfra" and error.hint else "an empty error"
    assert scores[1].margin > scores[0].margin
    return GOT


def made(server: FaultyServer | str, fault: Fault) -> RemoteReranker:
    return remote(server, **{"attempts": 3, **(fault.settings or {})})


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_fault_that_happens_once(fault: Fault) -> None:
    with faulty_server(fault.say) as server:
        reranker = made(server, fault)
        assert outcome(reranker) == fault.once
        if fault.wait is not None:
            assert waits(reranker) == [pytest.approx(fault.wait)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_fault_that_goes_on(fault: Fault) -> None:
    with faulty_server(usual=fault.say) as server:
        assert outcome(made(server, fault)) == fault.always
        assert server.count == fault.requests


@contextmanager
def nobody() -> Iterator[str]:
    """An address where no connection is accepted."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_connection_that_is_refused() -> None:
    with nobody() as address:
        reranker = remote(address, attempts=3)
        with pytest.raises(ProviderUnavailable, match=r"no connection.*asked 3 times"):
            reranker.score(QUERY, DOCUMENTS)
        assert waits(reranker) == [0.5, 1.0]


def test_the_key_is_what_to_correct() -> None:
    with faulty_server(usual=status(403, {})) as server, pytest.raises(ProviderRefused) as caught:
        remote(server).score(QUERY, DOCUMENTS)
    assert caught.value.status == 403
    assert "TEST_KEY" in caught.value.hint


def test_the_id_of_a_failed_request_is_kept_for_the_operators() -> None:
    say = status(500, {}, {"x-request-id": "abc-1"})
    with faulty_server(usual=say) as server, pytest.raises(ProviderUnavailable) as caught:
        remote(server, attempts=1).score(QUERY, DOCUMENTS)
    assert caught.value.request_id == "abc-1"


def test_a_redirection_takes_no_key_along() -> None:
    with (
        faulty_server() as other,
        faulty_server(usual=status(307, {}, {"Location": other.address})) as server,
    ):
        with pytest.raises(ProviderRefused, match="another address"):
            remote(server).score(QUERY, DOCUMENTS)
        assert other.count == 0


def test_an_endpoint_that_fails_again_and_again_is_left_alone() -> None:
    with faulty_server(usual=status(500, {})) as server:
        reranker = remote(server, attempts=1, deadline=3600)
        for _ in range(5):
            with pytest.raises(ProviderUnavailable, match="HTTP 500"):
                reranker.score(QUERY, DOCUMENTS)
        with pytest.raises(ProviderUnavailable, match="left alone for"):
            reranker.score(QUERY, DOCUMENTS)
        assert server.count == 5
        waits(reranker).append(31.0)
        with pytest.raises(ProviderUnavailable, match="HTTP 500"):
            reranker.score(QUERY, DOCUMENTS)
        waits(reranker).append(31.0)
        server.usual = good
        assert outcome(reranker) == GOT
        assert server.count == 7


def test_a_storm_is_not_made_worse_by_retries() -> None:
    with faulty_server(usual=status(409, {})) as server:
        reranker = remote(server, attempts=20, deadline=3600)
        sent: list[int] = []
        for _ in range(20):
            with pytest.raises(ProviderUnavailable):
                reranker.score(QUERY, DOCUMENTS)
            sent.append(server.count)
            waits(reranker).append(31.0)  # so that the breaker lets the next one try
    assert server.count <= 20 + 10 + 20 * 0.2 + 1


def test_retries_of_one_request_share_its_name() -> None:
    with faulty_server(status(500, {}), status(500, {})) as server:
        remote(server).score(QUERY, DOCUMENTS)
        assert len({headers["X-Request-ID"] for headers in server.headers}) == 1


def rows() -> str:
    """The table as the page shows it."""
    lines = [
        "| fault | happens once | goes on | requests then | wait after the first |",
        "|---|---|---|---|---|",
    ]
    lines.append("| connection refused | – | `ProviderUnavailable` | 3 | 0.5 s |")
    for fault in FAULTS:
        once, always = (name if name == GOT else f"`{name}`" for name in (fault.once, fault.always))
        wait = "–" if fault.requests == 1 else f"{0.5 if fault.wait is None else fault.wait:g} s"
        lines.append(f"| {fault.what} | {once} | {always} | {fault.requests} | {wait} |")
    return "\n".join(lines)


def test_the_page_shows_this_table() -> None:
    assert rows() in PAGE.read_text("utf-8"), "put this into docs/providers-client.md:\n" + rows()
