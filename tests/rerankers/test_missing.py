from __future__ import annotations

import pytest

from pertinent.errors import FetchError, ModelError, SettingsError, UsageError
from pertinent.rerankers.missing import MissingReranker, made_or_missing
from support.fakes import Counting

NAMES = ["deepinfra:Qwen/Qwen3-Reranker-8B", "local:m"]


@pytest.mark.parametrize("kind", [SettingsError, FetchError])
def test_what_another_day_may_mend_fails_when_it_is_asked(kind: type[Exception]) -> None:
    def make() -> Counting:
        raise kind("There is no key.", hint="Set one.")  # type: ignore[call-arg]

    missing = made_or_missing(make, NAMES)
    assert missing.model.name == "deepinfra:Qwen/Qwen3-Reranker-8B | local:m"
    assert missing.model.family == "qwen3_reranker"
    assert missing.services == ("deepinfra",)  # type: ignore[attr-defined]
    with pytest.raises(kind, match="There is no key"):
        missing.score("q", ["a"])


@pytest.mark.parametrize("kind", [UsageError, ModelError])
def test_what_is_wrong_in_itself_stays_an_error(kind: type[Exception]) -> None:
    def make() -> Counting:
        raise kind("It is no model.", hint="Name one.")  # type: ignore[call-arg]

    with pytest.raises(kind, match="no model"):
        made_or_missing(make, NAMES)


def test_what_can_be_made_is_itself() -> None:
    made = Counting("m")
    assert made_or_missing(lambda: made, ["m"]) is made


def test_a_name_that_nobody_knows_has_no_family() -> None:
    missing = MissingReranker(["local:own"], ModelError("x", hint="y"))
    assert (missing.model.family, missing.services) == ("", ())
