"""Judgements (qrels) as BEIR and TREC write them, and the splits they come in.

==============  ==========================================  =====================
layout          columns                                     between them
==============  ==========================================  =====================
BEIR            query, document, grade; a header may stand  a tab
TREC            query, anything, document, grade            tabs or spaces
==============  ==========================================  =====================
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from pertinent.errors import DataError, RecordError
from pertinent.evaluate.sources.records import HINT, NO_ID, is_id, text_lines

MAX_JUDGEMENTS = 20_000_000
MAX_GRADE = 1_000_000
PREFERRED_SPLITS = ("test", "dev")
ONLY_SPLIT = "test"
"""What the one split of sets without splits is called."""

_GRADE = re.compile(r"[+-]?[0-9]{1,7}(\.0{1,6})?", re.ASCII)
_MAX_NAMED = 20


def read_judgements(path: Path) -> dict[str, dict[str, int]]:
    """Grades by query and document, in file order.

    A pair may stand there twice if its grade is the same.

    Raises
    ------
    RecordError
        For a line that is none, or says another grade of a pair.
    DataError
        If there are no judgements, or more than :data:`MAX_JUDGEMENTS`.
    """
    judgements: dict[str, dict[str, int]] = {}
    count = 0
    first = True
    for number, line in text_lines(path):
        header, first = first, False
        cells = [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()
        if len(cells) == 4:
            del cells[1]
        fault = _fault(cells)
        if fault and header and len(cells) == 3 and _is_title(cells[2]):
            continue
        if not fault:
            query, document, grade = cells[0], cells[1], int(float(cells[2]))
            if judgements.setdefault(query, {}).setdefault(document, grade) != grade:
                fault = "the pair stands further up with another grade"
        if fault:
            raise RecordError(fault, source=str(path), position=f"line {number}", hint=HINT)
        count += 1
        if count > MAX_JUDGEMENTS:
            raise DataError(
                f"{path} has more than {MAX_JUDGEMENTS:,} judgements.", hint="Take a part of the queries."
            )
    if not judgements:
        raise DataError(f"{path} has no judgements.", hint="Give a split that has.")
    return judgements


def _is_title(cell: str) -> bool:
    """Whether this heads a column; ``nan`` and ``inf`` are broken grades."""
    try:
        float(cell)
    except ValueError:
        return any(c.isalpha() for c in cell)
    return False


def _fault(cells: list[str]) -> str:
    if len(cells) != 3:
        return "not three columns (query, document, grade) nor four (query, 0, document, grade)"
    if not all(map(is_id, cells[:2])):
        return f"one of the first two is {NO_ID}"
    if not _GRADE.fullmatch(cells[2]) or abs(float(cells[2])) > MAX_GRADE:
        return f"the grade is no whole number of at most {MAX_GRADE:,}"
    return ""


def choose_split(splits: Collection[str], asked: str | None, path: Path) -> str:
    """Which split is meant: the one asked for, else ``test``, else ``dev``, else the only one.

    Raises
    ------
    DataError
        If that one is not there, or nothing says which of several; it names those there are.

    Examples
    --------
    >>> choose_split(["dev", "train"], None, Path("nfcorpus"))
    'dev'
    """
    for split in PREFERRED_SPLITS if asked is None else (asked,):
        if split in splits:
            return split
    if asked is None and len(splits) == 1:
        return next(iter(splits))
    named = ", ".join(sorted(splits)[:_MAX_NAMED]) or "none"
    more = f" and {len(splits) - _MAX_NAMED} more" if len(splits) > _MAX_NAMED else ""
    problem = f"{path} has no split {asked}" if asked else f"{path} has neither test nor dev"
    raise DataError(f"{problem}.", hint=f"Choose with --split; there are: {named}{more}.")


def judged_queries(
    texts: Mapping[str, str], judgements: Mapping[str, Mapping[str, int]], path: Path
) -> dict[str, str]:
    """Texts of the queries that are judged, in the order of the texts.

    Raises
    ------
    DataError
        If judged queries have no text; it says how many.
    """
    if missing := sum(query not in texts for query in judgements):
        raise DataError(
            f"{missing:,} of {len(judgements):,} judged queries of {path} have no text.",
            hint="Give queries and judgements that belong together.",
        )
    return {query: text for query, text in texts.items() if query in judgements}
