"""Run files of TREC: ``query Q0 document rank score tag`` on each line, as trec_eval reads them.

trec_eval looks at scores alone, as numbers of 32 bits, and puts equal ones by falling id of the
document. So a file that keeps an order must hold scores which fall strictly in 32 bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from ctypes import c_float
from pathlib import Path
from typing import NoReturn

import numpy as np

from pertinent.errors import DataError, RecordError
from pertinent.evaluate.result import Run
from pertinent.ingest.streams import numbered_lines
from pertinent.store.files import disk_faults, write_atomically

MAX_LINE_BYTES = 1 << 16
MAX_LINES = 10_000_000
MAX_DEPTH = 1 << 24
"""Whole numbers up to here are exact in 32 bits."""

_HINT = "Give a run file in TREC's format, on each line: query Q0 document rank score tag."


def falling_scores(documents: Sequence[str]) -> dict[str, float]:
    """Scores that say nothing but the order, and fall strictly in 32 bits too.

    Raises
    ------
    DataError
        If a document stands there twice, or there are more than :data:`MAX_DEPTH`.

    Examples
    --------
    >>> falling_scores(["b", "a"])
    {'b': 2.0, 'a': 1.0}
    """
    scores = {document: float(len(documents) - rank) for rank, document in enumerate(documents)}
    if len(scores) != len(documents):
        raise DataError(
            "A document stands twice in the order for one query.", hint="Give every document one place."
        )
    if len(documents) > MAX_DEPTH:
        raise DataError(
            f"A query has more than {MAX_DEPTH:,} documents.", hint="Keep fewer candidates for each query."
        )
    return scores


def write_run(path: Path, run: Run, tag: str) -> None:
    """Write an order so that trec_eval and its kin read the same one.

    A score that is not below the one before it in 32 bits is lowered to the next number that is.

    Parameters
    ----------
    path : Path
        The file; it is written at once or not at all.
    run : Run
        Documents of each query, best first.
    tag : str
        Name of the run.

    Raises
    ------
    DataError
        If an id or the tag is empty, holds white space, or is no text; if a document comes twice.
    StoreError
        If the file cannot be written.
    """
    _check_word(tag, "The tag of a run")
    lines = []
    for number, (query, ranked) in enumerate(run.items(), start=1):
        _check_word(query, f"The id of query {number}")
        by_rank = falling_scores([document for document, _ in ranked])
        scores = _lowered([score for _, score in ranked]) or list(by_rank.values())
        for rank, (document, score) in enumerate(zip(by_rank, scores, strict=True), start=1):
            _check_word(document, f"The id of a document (query {number}, rank {rank})")
            lines.append(f"{query} Q0 {document} {rank} {score:.9g} {tag}\n")
    with disk_faults("Writing the run file"):
        write_atomically(path, "".join(lines).encode())


def read_run(path: Path) -> Run:
    """Read a run file in trec_eval's order: by falling score, equal ones by falling id; ranks are not read.

    Parameters
    ----------
    path : Path
        The file, plain or gzip.

    Raises
    ------
    DataError
        If the file cannot be read, has more than :data:`MAX_LINES` lines, or a line is not in the format.
    """
    found: dict[str, dict[str, float]] = {}
    for number, line in numbered_lines(path, on_broken=_refuse, max_line_bytes=MAX_LINE_BYTES):
        if not line.strip():
            continue
        fault = f"more than {MAX_LINES:,} lines" if number > MAX_LINES else _add(line, found)
        if fault:
            raise RecordError(fault, source=str(path), position=f"line {number}", hint=_HINT)
    return {query: _as_trec_eval_sorts(scores) for query, scores in found.items()}


def _add(line: bytes, found: dict[str, dict[str, float]]) -> str:
    """Take in one line; why it cannot be, or nothing."""
    try:
        query, _, document, _, score, _ = line.decode("utf-8").split()
        value = c_float(float(score)).value
    except UnicodeDecodeError:
        return "not valid UTF-8"
    except ValueError:
        return "not six fields with a number in the fifth"
    if not math.isfinite(value):
        return "the score is no finite number of 32 bits"
    documents = found.setdefault(query, {})
    if document in documents:
        return "the document stands twice for this query"
    documents[document] = value
    return ""


def _as_trec_eval_sorts(scores: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(scores.items(), key=lambda item: (item[1], item[0]), reverse=True)


def _lowered(scores: Sequence[float]) -> list[float] | None:
    """Scores made strictly falling in 32 bits; None where that cannot be."""
    lowered: list[float] = []
    last = math.inf
    for score in (c_float(score).value for score in scores):
        last = score if score < last else float(np.nextafter(np.float32(last), np.float32(-math.inf)))
        lowered.append(last)
    return lowered if all(map(math.isfinite, lowered)) else None


def _check_word(word: str, what: str) -> None:
    try:
        word.encode()
        sound = word.split() == [word] and "\0" not in word
    except UnicodeEncodeError:
        sound = False
    if not sound:
        raise DataError(
            f"{what} is empty, or holds white space or characters that are no text.",
            hint="TREC's format cannot hold it; give ids without white space.",
        )


def _refuse(error: RecordError) -> NoReturn:
    raise DataError(error.message, hint=_HINT)
