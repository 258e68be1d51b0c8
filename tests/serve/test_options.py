from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.errors import UsageError
from pertinent.serve.options import Limits, ServerOptions, is_loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_others_are_not_answered_without_keys(host: str, tmp_path: Path) -> None:
    assert not is_loopback(host)
    with pytest.raises(UsageError, match="Without API keys"):
        ServerOptions(host=host)
    assert ServerOptions(host=host, keys=tmp_path / "keys.json").host == host


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "::1", "[::1]"])
def test_this_machine_is(host: str) -> None:
    assert ServerOptions(host=host).keys is None


def test_one_client_cannot_take_all() -> None:
    limits = Limits()
    assert limits.client_requests < limits.requests
    assert limits.client_queue_tokens < limits.queue_tokens
    assert limits.request_tokens < limits.client_queue_tokens
