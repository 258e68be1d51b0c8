from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.errors import SettingsError
from pertinent.settings import load_settings

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


def test_a_section_for_each_provider() -> None:
    Path("pertinent.toml").write_text(
        '[providers.ours]\ndialect = "vllm"\naddress = "http://gpu:8000"\n'
        "[providers.ours.timeouts]\nread = 5\n[providers.ours.prices]\n'a/b' = 0.5\n"
    )
    ours = load_settings().providers["ours"]
    assert (ours.timeouts.read, ours.timeouts.connect, ours.prices["a/b"]) == (5, 5, 0.5)


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ("[providers.local]", "means something else"),
        ("[providers.Ours]", "pattern"),
        ('[providers.ours]\nkey = "sk-secret"', "providers.ours.key"),
        ("[providers.ours]\nspend_cap = nan", "spend_cap"),
        ("[providers.ours.limits]\ndocuments = 0", "documents"),
    ],
)
def test_a_section_that_cannot_be_is_refused(section: str, says: str) -> None:
    Path("pertinent.toml").write_text(section)
    with pytest.raises(SettingsError, match=says) as caught:
        load_settings()
    assert "sk-secret" not in str(caught.value)
