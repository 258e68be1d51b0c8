"""Names of models: their own, others', and none that mean two things."""

from __future__ import annotations

import json
import logging

import pytest

from pertinent.errors import ModelError, UsageError
from pertinent.serve.logs import JsonLines
from pertinent.serve.metrics import Metrics
from pertinent.serve.models import Models
from pertinent.serve.refusals import Refusal

MINI = "pertinent-mini-reranker"


def test_names_of_one_model() -> None:
    models = Models("reranker", [MINI, f"rerank-v3.5={MINI}", f"org/other={MINI}"], Metrics())
    assert models.names == [MINI, "rerank-v3.5", "org/other"]
    assert len(models.all) == 1
    assert models.find("") is models.find("rerank-v3.5") is models.default
    with pytest.raises(Refusal, match=r"rerank-v3\.5") as raised:
        models.find("unknown")
    assert raised.value.status == 404


def test_without_a_name_the_carried_model_is_served() -> None:
    assert Models("embedder", [], Metrics()).names == ["pertinent-mini-embedder"]


def test_a_model_that_is_not_there() -> None:
    with pytest.raises((ModelError, UsageError)):
        Models("reranker", ["./nowhere"], Metrics())
    with pytest.raises((ModelError, UsageError)):
        Models("reranker", ["pertinent-mini-embedder"], Metrics())


def test_a_log_line_tells_where_a_fault_was_and_not_what_it_said() -> None:
    try:
        raise ValueError("the patient's name")
    except ValueError as error:
        told = (type(error), error, error.__traceback__)
    record = logging.LogRecord("pertinent.serve", logging.ERROR, __file__, 1, "fault", None, told)
    record.fields = {"request": "1"}
    line = JsonLines().format(record)
    assert "patient" not in line
    assert '"error": "ValueError"' in line
    assert "test_models.py:" in line


def test_words_of_other_libraries_are_not_logged() -> None:
    error = ValueError("the patient's name")
    words = f"Future exception was never retrieved\nfuture: {error!r}"
    record = logging.LogRecord(
        "asyncio", logging.ERROR, "/x/events.py", 7, words, (), (ValueError, error, None)
    )
    line = JsonLines().format(record)
    assert "patient" not in line
    assert json.loads(line)["error"] == "ValueError"
