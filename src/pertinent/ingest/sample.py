"""The sample that travels with Pertinent: passages, questions and judgements (CC0)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pertinent.errors import DataError, RecordError
from pertinent.ingest.beir import BeirReader
from pertinent.types import Document


@dataclass(frozen=True, slots=True)
class SampleQuestion:
    """A question with what is known of its answers.

    Parameters
    ----------
    id : str
        Identity.
    text : str
        The question.
    filters : tuple[str, ...]
        Conditions its answers must pass, as the command line takes them (``"year>=2015"``).
    judgements : tuple[tuple[str, int], ...]
        Document ids with grades: 2 answers the question, 1 a part of it, 0 only looks as if.
    """

    id: str
    text: str
    filters: tuple[str, ...] = ()
    judgements: tuple[tuple[str, int], ...] = ()


def sample_folder() -> Path:
    """Folder of the sample, a BEIR folder with ``qrels.tsv`` beside its corpus."""
    return Path(__file__).parent.parent / "sample"


def sample_documents() -> list[Document]:
    """All passages of the sample, in order.

    Raises
    ------
    DataError
        If the installed sample is damaged.
    """

    def damaged(error: RecordError) -> None:
        raise _damaged() from error

    return list(BeirReader().read(sample_folder() / "corpus.jsonl", on_broken=damaged))


def sample_questions() -> list[SampleQuestion]:
    """All questions of the sample, those for the demo first.

    Raises
    ------
    DataError
        If the installed sample is damaged.

    Examples
    --------
    >>> sample_questions()[3].filters
    ('year>=2015',)
    """
    try:
        judgements: dict[str, list[tuple[str, int]]] = {}
        rows = (sample_folder() / "qrels.tsv").read_text(encoding="utf-8").splitlines()
        for query, document, grade in (row.split("\t") for row in rows[1:]):
            judgements.setdefault(query, []).append((document, int(grade)))
        lines = (sample_folder() / "queries.jsonl").read_text(encoding="utf-8").splitlines()
        return [
            SampleQuestion(
                id=record["_id"],
                text=record["text"],
                filters=tuple(record.get("metadata", {}).get("filters", ())),
                judgements=tuple(judgements.get(record["_id"], ())),
            )
            for record in map(json.loads, lines)
        ]
    except (OSError, ValueError, KeyError):
        raise _damaged() from None


def _damaged() -> DataError:
    return DataError("The sample that comes with Pertinent is damaged.", hint="Install Pertinent again.")
