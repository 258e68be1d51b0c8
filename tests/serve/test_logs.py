from __future__ import annotations

import json
import logging

from pertinent.serve.logs import JsonLines


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
    assert "test_logs.py:" in line


def test_words_of_other_libraries_are_not_logged() -> None:
    error = ValueError("the patient's name")
    words = f"Future exception was never retrieved\nfuture: {error!r}"
    record = logging.LogRecord(
        "asyncio", logging.ERROR, "/x/events.py", 7, words, (), (ValueError, error, None)
    )
    line = JsonLines().format(record)
    assert "patient" not in line
    assert json.loads(line)["error"] == "ValueError"
