from __future__ import annotations

import errno

import pytest

from pertinent.engine.hub_faults import HubUnreachable, hub_endpoint, hub_faults
from pertinent.errors import FetchError, PertinentError


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, r"disk is full.*HF_HOME"),
        (errno.EDQUOT, "disk is full"),
        (errno.EACCES, r"cannot be used \(Permission denied\)"),
        (errno.EROFS, "Read-only"),
    ],
)
def test_faults_of_the_disk(number: int, says: str) -> None:
    with pytest.raises(FetchError, match=says), hub_faults("tiny/judge", "main"):
        raise OSError(number, "secret")


def test_too_few_bytes_as_the_library_tells_it() -> None:
    with pytest.raises(FetchError, match="ended early") as caught, hub_faults("tiny/judge", "main"):
        raise OSError("Consistency check failed: https://signed.example/?token=secret")
    assert "secret" not in str(caught.value)


def test_the_librarys_offline_mode_is_an_unreachable_hub() -> None:
    from huggingface_hub.errors import OfflineModeIsEnabled

    with pytest.raises(HubUnreachable), hub_faults("tiny/judge", "main"):
        raise OfflineModeIsEnabled


def test_our_own_errors_and_interruptions_pass() -> None:
    own = PertinentError("said", hint="done")
    with pytest.raises(PertinentError) as caught, hub_faults("tiny/judge", "main"):
        raise own
    assert caught.value is own
    with pytest.raises(KeyboardInterrupt), hub_faults("tiny/judge", "main"):
        raise KeyboardInterrupt


def test_the_endpoint_is_the_librarys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example/")
    assert hub_endpoint() == "https://hub.example"
    monkeypatch.setenv("HF_ENDPOINT", "")
    assert hub_endpoint() == "https://huggingface.co"
