from __future__ import annotations

import pytest

from pertinent import errors
from pertinent.errors import PertinentError
from pertinent.providers.faults import RequestFault
from pertinent.serve.refusals import LOCK_SECONDS, refusal_of


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.UsageError, 400),
        (errors.FilterError, 400),
        (errors.CollectionNotFound, 404),
        (errors.CollectionMismatch, 409),
        (errors.StoreError, 503),
        (errors.ModelError, 503),
        (errors.ProviderUnavailable, 503),
        (errors.ProviderRefused, 502),
        (errors.ProviderError, 502),
    ],
)
def test_every_error_on_purpose_has_a_status(kind: type[PertinentError], status: int) -> None:
    refusal = refusal_of(kind("It is so.", hint="Do this."))
    assert refusal.status == status
    assert refusal.retry_after is None
    assert "It is so." in refusal.message


def test_who_meets_a_lock_is_told_when_to_come_back() -> None:
    refusal = refusal_of(errors.CollectionLocked("Somebody writes.", hint="Wait."))
    assert (refusal.status, refusal.retry_after) == (503, LOCK_SECONDS)


def test_a_fault_of_a_request_keeps_its_own_status() -> None:
    refusal = refusal_of(RequestFault("query: it is missing.", status=422))
    assert (refusal.status, refusal.message) == (422, "query: it is missing.")
