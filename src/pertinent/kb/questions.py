"""Files of questions with known answers: one JSON object a line, read whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pertinent.errors import DataError, UsageError
from pertinent.evaluate.sources.records import Record, json_records
from pertinent.store.files import disk_faults, write_atomically
from pertinent.types import printable

FIELDS = frozenset({"id", "question", "relevant", "answer", "drafted"})
MOST_QUESTIONS = 10_000
MOST_CHARS = 10_000
"""Of a question, and of what is said about it."""
MOST_RELEVANT = 100
MOST_MARK_CHARS = 2_000
MOST_NAME_CHARS = 40
"""Of an unknown field, where it is told."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and where its answer stands.

    Parameters
    ----------
    id : str
        Unlike all others of the file.
    question : str
        As somebody would ask it.
    relevant : tuple[str, ...]
        Ids of documents, each perhaps with ``#`` and a heading, which then alone counts.
    answer : str
        For those who read the file; nothing is measured by it.
    drafted : str
        The rule that made it, while nobody has looked at it.
    """

    id: str
    question: str
    relevant: tuple[str, ...]
    answer: str = ""
    drafted: str = ""

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON, without what is empty.

        Examples
        --------
        >>> Question("1", "What makes the tides?", ("sea.md#Tides",)).to_dict()
        {'id': '1', 'question': 'What makes the tides?', 'relevant': ['sea.md#Tides']}
        """
        values = {"id": self.id, "question": self.question, "relevant": list(self.relevant)}
        more = {"answer": self.answer, "drafted": self.drafted}
        return {**values, **{name: text for name, text in more.items() if text}}


def read_questions(path: Path) -> tuple[Question, ...]:
    """Read a file of questions.

    Raises
    ------
    RecordError
        If a line cannot be used; it says which and why, without its text.
    DataError
        If the file holds no question.
    """
    questions: dict[str, Question] = {}
    for record in json_records(path):
        if len(questions) == MOST_QUESTIONS:
            raise record.fault(f"there are more than {MOST_QUESTIONS:,} questions")
        question = _question(record)
        if question.id in questions:
            raise record.fault("its id is that of a question before it")
        questions[question.id] = question
    if not questions:
        raise DataError(
            f"{path} holds no question.", hint="Draft some to correct: pertinent kb draft-questions NAME"
        )
    return tuple(questions.values())


def write_questions(path: Path, questions: Iterable[Question], *, replace: bool = False) -> None:
    """Write a file of questions, whole or not at all.

    Parameters
    ----------
    path : Path
        The file.
    questions : Iterable[Question]
        In the order they are to stand in.
    replace : bool
        Whether a file that is there is replaced.

    Raises
    ------
    UsageError
        If it is there and is not to be replaced.
    StoreError
        If it cannot be written.
    """
    lines = (json.dumps(question.to_dict(), ensure_ascii=False) for question in questions)
    with disk_faults(f"Writing {path}"):
        if not replace:
            _reserve(path)
        write_atomically(path, "".join(f"{line}\n" for line in lines).encode("utf-8"))


def _reserve(path: Path) -> None:
    """Make an empty file where there is none; nobody else gets between a look and the making."""
    try:
        path.open("x").close()
    except FileExistsError:
        raise UsageError(
            f"{path} is there already, and may have been corrected by hand.",
            hint="Name another file with --out, or replace it with --force.",
        ) from None


def _question(record: Record) -> Question:
    if unknown := sorted(record.fields.keys() - FIELDS):
        first = printable(unknown[0][:MOST_NAME_CHARS])
        raise record.fault(f"unknown field {first!r}; known are {', '.join(sorted(FIELDS))}")
    return Question(
        record.identity("id"),
        _bounded(record, "question"),
        _relevant(record),
        _bounded(record, "answer", default=""),
        _bounded(record, "drafted", default=""),
    )


def _bounded(record: Record, name: str, default: str | None = None) -> str:
    text = record.text(name, default=default)
    if len(text) > MOST_CHARS:
        raise record.fault(f"field {name} is longer than {MOST_CHARS:,} characters")
    return text


def _relevant(record: Record) -> tuple[str, ...]:
    marks = record.fields.get("relevant")
    if not isinstance(marks, list) or not 1 <= len(marks) <= MOST_RELEVANT:
        raise record.fault(f"field relevant is no list of 1 to {MOST_RELEVANT} ids of documents")
    for mark in marks:
        if not isinstance(mark, str) or not mark.strip() or len(mark) > MOST_MARK_CHARS:
            raise record.fault(f"an id in relevant is no text of 1 to {MOST_MARK_CHARS:,} characters")
    if len(set(marks)) < len(marks):
        raise record.fault("an id in relevant stands there twice")
    return tuple(marks)
