"""What an outcome is called, and what may be done about it; test_faults.py shows each over a socket."""

from __future__ import annotations

import httpx2
import pytest

from pertinent.errors import ProviderError, ProviderRefused, ProviderUnavailable
from pertinent.providers.catalogue import find_dialect
from pertinent.providers.configured import Configured
from pertinent.providers.outcomes import broken_off, refused, request_id_of, unusable
from pertinent.settings import ProviderSettings

OURS = Configured(
    "ours", find_dialect("vllm"), "http://gpu:8000", settings=ProviderSettings(), key_variable="", key=""
)


@pytest.mark.parametrize(
    ("status", "kind", "again", "unread"),
    [
        (400, ProviderRefused, False, True),
        (401, ProviderRefused, False, False),
        (404, ProviderRefused, False, False),
        (413, ProviderRefused, False, True),
        (418, ProviderRefused, False, False),
        (422, ProviderRefused, False, True),
        (302, ProviderRefused, False, False),
        (408, ProviderUnavailable, True, False),
        (429, ProviderUnavailable, True, False),
        (500, ProviderUnavailable, True, False),
        (503, ProviderUnavailable, True, False),
    ],
)
def test_a_status_tells_whether_to_ask_again(status: int, kind: type, again: bool, unread: bool) -> None:
    failed = refused(OURS, status, {}, said="", complaint="the patient", wait=None)
    assert type(failed.error) is kind
    assert (failed.again, failed.unread, failed.billed) == (again, unread, False)
    assert failed.error.status == status
    assert f"HTTP {status}" in failed.error.message
    assert failed.error.hint
    assert "patient" not in repr(failed) + str(failed.error)


@pytest.mark.parametrize(
    ("error", "billed", "again"),
    [
        (httpx2.ConnectError("x"), False, True),
        (httpx2.ConnectTimeout("x"), False, True),
        (httpx2.ReadTimeout("x"), True, True),
        (httpx2.RemoteProtocolError("x"), True, True),
        (httpx2.PoolTimeout("x"), False, False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_never_arrived_is_not_billed(error: httpx2.TransportError, billed: bool, again: bool) -> None:
    failed = broken_off(OURS, error)
    assert isinstance(failed.error, ProviderUnavailable)
    assert (failed.billed, failed.again) == (billed, again)
    assert failed.unwell is again, "our own busy pool does not speak against the service"


def test_an_answer_that_cannot_be_used_keeps_its_reason_and_name() -> None:
    failed = unusable(OURS, ProviderError("an index stands twice.", hint="Ask again."), "r-1")
    assert failed.error.message == "ours: an index stands twice."
    assert (failed.error.status, failed.error.request_id, failed.billed) == (200, "r-1", True)


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"x-request-id": "a-1"}, "a-1"),
        ({"x-request-id": "", "x-trace-id": "t"}, "t"),
        ({"request-id": "x" * 129}, ""),
        ({"request-id": "a\nb"}, ""),
        ({"request-id": "schl\u00fcssel"}, ""),
        ({}, ""),
    ],
)
def test_only_a_name_that_can_be_shown_is_one(headers: dict[str, str], name: str) -> None:
    assert request_id_of(headers) == name
