"""Pairs of query and text that somebody judged, to calibrate on.

::

    folder   candidates.jsonl[.gz], qrels/SPLIT.tsv[.gz]    candidates that are judged; no others
    folder   pairs.SPLIT.jsonl[.gz]                         query, positive, negatives
    file     JSON Lines, plain or gzip                      the same, or query, text or document, label

Texts of one query are recognised by ``query_id`` or, where there is none, by the query's words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from pertinent.errors import DataError, UsageError
from pertinent.evaluate.sources.candidates import is_candidates
from pertinent.evaluate.sources.files import files_of, split_files, stem
from pertinent.evaluate.sources.judgements import choose_split
from pertinent.evaluate.sources.opening import open_tasks
from pertinent.evaluate.sources.records import Record, json_records
from pertinent.types import content_hash

MOST_PAIRS = 1_000_000
MOST_CHARACTERS = 1 << 30
"""Of all texts that are held in memory."""

DEFAULT_LIMIT = 10_000
FITTED_ON = ("dev", "train")
"""Splits that are taken where no other is asked for: what a test set measures should not be fitted on it."""


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A query, a text, and whether the text answers it."""

    query_id: str
    query: str
    text: str
    relevant: bool


def read_pairs(
    path: str | Path,
    split: str | None = None,
    *,
    limit: int = DEFAULT_LIMIT,
    least_grade: int = 1,
    seed: int = 0,
) -> list[JudgedPair]:
    """Read judged pairs, or a sample of them.

    Parameters
    ----------
    path : str | Path
        A folder or file.
    split : str | None
        Which part of a folder; None takes ``dev``, else ``train``, else the only one.
    limit : int
        Pairs at most. A sample holds whole queries, save the last one, and depends on nothing but their
        ids, their texts and ``seed``.
    least_grade : int
        From which grade or label on a text counts as relevant; a label that is true always does.
    seed : int
        Of the sample.

    Returns
    -------
    list[JudgedPair]
        Those of one query stand together.

    Raises
    ------
    DataError
        If there are no pairs or too many, or a record cannot be used.
    UsageError
        If the limit makes no sense.
    """
    if not 1 <= limit <= MOST_PAIRS:
        raise UsageError(f"limit is {limit}.", hint=f"Give a number from 1 to {MOST_PAIRS:,}.")
    place = Path(path)
    if not place.exists():
        raise DataError(f"There is no {place}.", hint="Give a folder or file with judged pairs.")
    if not place.is_dir():
        found = _of_file(place, least_grade)
    elif is_candidates(place):
        found = _of_candidates(place, split, least_grade)
    else:
        found = _of_file(_pairs_file(place, split), least_grade)
    pairs: list[JudgedPair] = []
    characters = 0
    for pair in found:
        pairs.append(pair)
        characters += len(pair.query) + len(pair.text)
        if len(pairs) > MOST_PAIRS or characters > MOST_CHARACTERS:
            raise DataError(
                f"{place} holds more than {MOST_PAIRS:,} pairs or {MOST_CHARACTERS:,} characters.",
                hint="Give a part of it.",
            )
    if not pairs:
        raise DataError(f"{place} holds no judged pairs.", hint="Give texts that were judged for a query.")
    return sorted(pairs, key=lambda pair: _lot(pair, seed))[:limit]


def _lot(pair: JudgedPair, seed: int) -> tuple[str, str]:
    return content_hash(str(seed), pair.query_id), content_hash(str(seed), pair.query_id, pair.text)


def _of_candidates(folder: Path, split: str | None, least_grade: int) -> Iterator[JudgedPair]:
    (task,) = open_tasks(folder, _choose(split_files(folder), split, folder))
    for query_id, candidates in (task.candidates or {}).items():
        grades = task.judgements[query_id]
        for candidate in candidates:
            grade = grades.get(candidate.document_id)
            if grade is not None:
                yield JudgedPair(query_id, task.queries[query_id], candidate.text, grade >= least_grade)


def _pairs_file(folder: Path, split: str | None) -> Path:
    files = {
        stem(path).removeprefix("pairs."): path
        for path in files_of(folder, ".jsonl")
        if path.name.startswith("pairs.")
    }
    if not files:
        raise DataError(
            f"{folder} has neither candidates.jsonl nor pairs.SPLIT.jsonl.",
            hint="Give one of these, or a file of JSON Lines with query, text and label.",
        )
    return files[_choose(files, split, folder)]


def _choose(splits: Collection[str], asked: str | None, folder: Path) -> str:
    preferred = next((name for name in FITTED_ON if name in splits), None)
    return choose_split(splits, preferred if asked is None else asked, folder)


def _of_file(path: Path, least_grade: int) -> Iterator[JudgedPair]:
    for record in json_records(path):
        query = record.text("query")
        given = record.fields.get("query_id")
        query_id = content_hash(query) if given is None else record.identity("query_id")
        if "positive" in record.fields:
            yield JudgedPair(query_id, query, record.text("positive"), relevant=True)
            for text in _texts(record, "negatives"):
                yield JudgedPair(query_id, query, text, relevant=False)
        else:
            title, text = record.text("title", default=""), record.text("text", "document")
            whole = f"{title}\n{text}" if title else text
            yield JudgedPair(query_id, query, whole, _is_relevant(record, least_grade))


def _texts(record: Record, name: str) -> list[str]:
    values = record.fields.get(name, [])
    if not isinstance(values, list):
        raise record.fault(f"field {name} is not a list")
    return [Record({name: value}, record.source, record.position).text(name) for value in values]


def _is_relevant(record: Record, least_grade: int) -> bool:
    label = record.fields.get("label")
    if isinstance(label, bool):
        return label
    grade = record.number("label")
    if grade is None:
        raise record.fault("there is no label")
    return grade >= least_grade
