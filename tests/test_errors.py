from __future__ import annotations

import inspect
import pickle

import pytest

from pertinent import errors
from pertinent.errors import CollectionLocked, PertinentError, RecordError, UsageError

ALL = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, PertinentError)]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_stands_in_the_tree_at_the_top(kind: type[PertinentError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("kind", ALL)
def test_wrong_usage_exits_with_2_and_everything_else_with_1(kind: type[PertinentError]) -> None:
    assert kind.exit_code == (2 if issubclass(kind, UsageError) else 1)


def test_an_error_says_what_to_do_next() -> None:
    assert (
        str(CollectionLocked("Process 7 is writing.", hint="Wait for it."))
        == "Process 7 is writing. Wait for it."
    )


def test_the_hint_of_a_broken_record_may_be_chosen_where_it_is_raised() -> None:
    assert "--strict" in RecordError("no text", source="a.jsonl", position="line 3").hint
    error = RecordError("no text", source="a.jsonl", position="line 3", hint="Correct the line.")
    assert str(error) == "a.jsonl, line 3: no text Correct the line."


def test_errors_travel_between_processes() -> None:
    error = RecordError("no text", source="a.jsonl", position="line 3")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is RecordError
    assert (str(copy), copy.reason, copy.source, copy.position) == (
        str(error),
        "no text",
        "a.jsonl",
        "line 3",
    )
