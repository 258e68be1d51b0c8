from __future__ import annotations

import pytest

from pertinent.ingest.extras import missing_extra


@pytest.mark.parametrize("module", ["json", "importlib"])
def test_what_is_there_is_not_asked_for(module: str) -> None:
    assert missing_extra(module, "pdf", "PDF files") == ""


def test_what_is_not_is_named_with_the_command() -> None:
    told = missing_extra("no_such_module", "docx", "docx files")
    assert told.endswith("pip install 'pertinent[docx]'")
    assert "no_such_module" in told
