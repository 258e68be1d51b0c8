"""Log lines as JSON objects: what happened, how long it took, how much it was; no text, query or key."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

OURS = ("pertinent", "uvicorn")
"""Loggers whose words are known to hold no text; those of others may quote an argument or an exception."""


class JsonLines(logging.Formatter):
    """One object a line; an exception is told by its kind and place, because its words may quote a text."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage().strip(),
            **getattr(record, "fields", {}),
        }
        if record.name.partition(".")[0] not in OURS:
            line |= {
                "event": "a message of another library",
                "places": [_place(record.pathname, record.lineno)],
            }
        if record.exc_info and record.exc_info[1] is not None:
            line |= described(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def described(error: BaseException) -> dict[str, object]:
    """An exception's kind and the places it came through, innermost last.

    Examples
    --------
    >>> described(ValueError("the patient's name"))
    {'error': 'ValueError', 'places': []}
    """
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return {
        "error": type(error).__name__,
        "places": [_place(frame.filename, frame.lineno) for frame in frames],
    }


def _place(file: str, line: int | None) -> str:
    return f"{Path(file).name}:{line}"


def log_as_json() -> None:
    """Write all that this process logs to stderr, one JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("pertinent").setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
