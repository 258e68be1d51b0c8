from __future__ import annotations

import pytest

from pertinent.errors import ModelError, UsageError
from pertinent.rerankers.protocol import Scorer
from pertinent.search.reranking import NOT_ASKED, score_head
from pertinent.types import Query
from support.fakes import Clock, Counting, WordOverlap

QUERY = Query("q")
TEXTS = ["a", "bb", "ccc"]


def head(scorer: Scorer, end: float | None = None, *, required: bool = False) -> tuple[int, object, str]:
    scores, reranked, reason = score_head(QUERY, TEXTS, scorer, end, Clock().perf_counter, required=required)
    return len(scores), reranked, reason


def test_all_are_scored_with_and_without_an_end() -> None:
    assert head(Counting("m")) == (3, True, "")
    assert head(Counting("m"), 1e9) == (3, True, "")


def test_where_there_is_nothing_to_score_nobody_is_asked() -> None:
    scorer = Counting("m")
    assert score_head(QUERY, [], scorer, None, lambda: 0.0) == ((), False, NOT_ASKED)
    assert scorer.calls == 0


def test_what_was_scored_before_a_fault_is_kept_and_its_words_are_not_told() -> None:
    assert head(WordOverlap(fail_after=1), 1e9) == (1, "partial", "The reranker failed (RuntimeError).")
    assert head(Counting("m", fails=1)) == (0, False, "The reranker failed (RuntimeError).")


def test_an_error_on_purpose_is_told() -> None:
    error = UsageError("There is no key.", hint="Set one.")
    assert head(Counting("m", fails=9, error=error))[2] == "The reranker failed: There is no key."


def test_time_that_was_up_is_told() -> None:
    assert head(Counting("m"), 0.0) == (0, False, "The deadline was reached.")


@pytest.mark.parametrize("end", [None, 0.0])
def test_what_is_required_and_was_not_done_is_an_error(end: float | None) -> None:
    with pytest.raises(ModelError, match="was to be reranked"):
        head(Counting("m", fails=9), end, required=True)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_interruptions_are_no_faults(error: type[BaseException]) -> None:
    class Interrupted(Counting):
        def score(self, *_: object, **__: object) -> object:  # type: ignore[override]
            raise error

    with pytest.raises(error):
        head(Interrupted("m"))
