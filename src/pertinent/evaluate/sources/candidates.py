"""Folders with given candidates, which are ordered and not searched; kind ``candidates``.

::

    candidates.jsonl[.gz]    query_id, query, candidates: doc_id, text, first_stage_rank, first_stage_score
    qrels/SPLIT.tsv[.gz]     query, document, grade

Candidates stand in the order of their ranks, where they have none as they come. Judgements may know more
documents than are given: what the first stage missed counts as missed.
"""

from __future__ import annotations

from pathlib import Path

from pertinent.evaluate.sources.data_hash import data_hash
from pertinent.evaluate.sources.files import find_file, needed_file, split_files
from pertinent.evaluate.sources.judgements import choose_split, judged_queries, read_judgements
from pertinent.evaluate.sources.records import Record, json_records
from pertinent.evaluate.sources.texts import add_query
from pertinent.evaluate.task import GivenCandidate, Task

LAYOUT = "folder with given candidates: candidates.jsonl, qrels/SPLIT.tsv"
MAX_TEXT_CHARS = 1 << 30
"""Of all candidates that are held in memory."""


def is_candidates(folder: Path) -> bool:
    """Whether the folder has a file of candidates."""
    return find_file(folder, "candidates.jsonl") is not None


def candidates_task(folder: Path, split: str | None = None) -> Task:
    """Read the candidates of a split's queries.

    Raises
    ------
    DataError
        If a file is missing, a record is broken, or judged queries have no candidates.
    """
    path = needed_file(folder, "candidates.jsonl", LAYOUT)
    splits = split_files(folder)
    split = choose_split(splits, split, folder)
    judgements = read_judgements(splits[split])
    texts: dict[str, str] = {}
    given: dict[str, tuple[GivenCandidate, ...]] = {}
    chars = 0
    for record in json_records(path):
        query = record.identity("query_id")
        if query not in judgements:
            continue
        add_query(texts, record, query)
        given[query] = _candidates(record)
        chars += sum(len(candidate.text) for candidate in given[query])
        if chars > MAX_TEXT_CHARS:
            raise record.fault(f"the candidates so far have more than {MAX_TEXT_CHARS:,} characters")
    return Task(
        name=folder.resolve().name,
        split=split,
        kind="candidates",
        queries=judged_queries(texts, judgements, folder),
        judgements=judgements,
        data_hash=data_hash("candidates", split, {"candidates": path, "judgements": splits[split]}),
        candidates=given,
    )


def _candidates(record: Record) -> tuple[GivenCandidate, ...]:
    ranked: list[tuple[float, GivenCandidate]] = []
    for place, part in enumerate(record.parts("candidates"), start=1):
        rank = part.number("first_stage_rank")
        candidate = GivenCandidate(
            part.identity("doc_id", "_id", "id"),
            part.text("text", default=""),
            part.number("first_stage_score"),
        )
        ranked.append((place if rank is None else rank, candidate))
    if len({candidate.document_id for _, candidate in ranked}) < len(ranked):
        raise record.fault("a document stands there twice")
    return tuple(candidate for _, candidate in sorted(ranked, key=lambda item: item[0]))
