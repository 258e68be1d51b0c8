"""The catalogue says of the carried models what their folders say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pertinent.engine.catalogue import CARRIED
from pertinent.engine.model_folder import open_model_folder
from pertinent.families.catalogue import KNOWN_MODELS, known_model
from pertinent.types import ModelInfo


@pytest.mark.parametrize("info", KNOWN_MODELS, ids=lambda info: info.name)
def test_the_folder_agrees(info: ModelInfo) -> None:
    folder = open_model_folder(CARRIED / info.name)
    assert replace(folder.info, revision="") == info
    assert len(folder.info.revision) == 12


def test_an_unknown_name_is_not_known() -> None:
    assert known_model("no-such-model") is None
