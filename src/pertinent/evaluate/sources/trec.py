"""Folders with topics, judgements, a corpus and perhaps a run, as TREC names them.

::

    topics[.SPLIT].tsv|txt|jsonl|trec    id, tab, text; JSON Lines; or <top> blocks
    qrels[.SPLIT].txt|tsv|trec           query 0 document grade
    corpus.jsonl|tsv                     _id, title, text; or id, tab, text
    run[.SPLIT].txt|tsv|trec             query Q0 document rank score tag

Each may be gzip. Judgements without a split are those of ``test``; other files without one serve all
splits that have none of their own. With a run its documents are the given candidates (kind
``candidates``), in trec_eval's order; judged queries that it leaves out have no candidates and count with
0. Without a run the corpus is searched (kind ``retrieval``).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pertinent.errors import DataError
from pertinent.evaluate.run_files import read_run
from pertinent.evaluate.sources.candidates import MAX_TEXT_CHARS
from pertinent.evaluate.sources.data_hash import data_hash
from pertinent.evaluate.sources.files import files_of
from pertinent.evaluate.sources.judgements import (
    ONLY_SPLIT,
    choose_split,
    judged_queries,
    read_judgements,
)
from pertinent.evaluate.sources.texts import corpus_documents
from pertinent.evaluate.sources.topics import read_topics
from pertinent.evaluate.task import GivenCandidate, Task

LAYOUT = "TREC folder: topics.tsv, qrels.txt, corpus.jsonl and perhaps run.txt"

_ENDINGS = {
    "topics": (".tsv", ".txt", ".jsonl", ".trec"),
    "qrels": (".txt", ".tsv", ".trec"),
    "run": (".txt", ".tsv", ".trec"),
    "corpus": (".jsonl", ".tsv"),
}


def is_trec(folder: Path) -> bool:
    """Whether the folder has topics and judgements by name."""
    return bool(_by_split(folder, "topics") and _by_split(folder, "qrels"))


def trec_folder_task(folder: Path, split: str | None = None) -> Task:
    """Find the files of a split in a folder and read them.

    Raises
    ------
    DataError
        If a file is missing, or as :func:`trec_task` says.
    """
    qrels = {split or ONLY_SPLIT: path for split, path in _by_split(folder, "qrels").items()}
    split = choose_split(qrels, split, folder)
    found = {role: _by_split(folder, role) for role in ("topics", "corpus", "run")}
    files = {role: paths.get(split) or paths.get("") for role, paths in found.items()}
    topics, corpus = files["topics"], files["corpus"]
    if topics is None or corpus is None:
        absent = "topics" if topics is None else "corpus"
        raise DataError(f"{folder} has no file {absent} for {split}.", hint=f"It should be a {LAYOUT}.")
    return trec_task(topics, qrels[split], corpus, files["run"], name=folder.resolve().name, split=split)


def trec_task(
    topics: Path, qrels: Path, corpus: Path, run: Path | None = None, *, name: str, split: str = ONLY_SPLIT
) -> Task:
    """Make a task of single files.

    Parameters
    ----------
    topics, qrels, corpus : Path
        Queries, judgements and documents.
    run : Path | None
        First stage whose documents are the candidates.
    name, split : str
        What the task is called.

    Raises
    ------
    DataError
        If a record is broken, judged queries have no text, or documents of the run are not in the corpus.
    """
    judgements = read_judgements(qrels)
    files = {"topics": topics, "judgements": qrels, "corpus": corpus} | ({"run": run} if run else {})
    return Task(
        name=name,
        split=split,
        kind="candidates" if run else "retrieval",
        queries=judged_queries(read_topics(topics), judgements, topics),
        judgements=judgements,
        data_hash=data_hash("trec", split, files),
        documents=None if run else lambda: corpus_documents(corpus, judgements),
        candidates=_candidates(run, judgements, corpus) if run else None,
    )


def _candidates(path: Path, queries: Iterable[str], corpus: Path) -> dict[str, tuple[GivenCandidate, ...]]:
    run = read_run(path)
    rows = {query: run.get(query, ()) for query in queries}
    texts = _texts({document for ranked in rows.values() for document, _ in ranked}, corpus, path)
    return {
        query: tuple(GivenCandidate(document, texts[document], score) for document, score in ranked)
        for query, ranked in rows.items()
    }


def _texts(wanted: set[str], corpus: Path, run: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    chars = 0
    for document in corpus_documents(corpus):
        if document.id in wanted:
            texts[document.id] = f"{document.title}\n{document.text}".strip()
            chars += len(texts[document.id])
            if chars > MAX_TEXT_CHARS:
                raise DataError(
                    f"The documents of {run} have more than {MAX_TEXT_CHARS:,} characters.",
                    hint="Cut the run at a smaller depth.",
                )
    if missing := len(wanted) - len(texts):
        raise DataError(
            f"{missing:,} of {len(wanted):,} documents of {run} are not in the corpus, or empty there.",
            hint="Give the corpus that the run was made on.",
        )
    return texts


def _by_split(folder: Path, role: str) -> dict[str, Path]:
    """Files of a role by the split in their names, which may be empty."""
    found: dict[str, Path] = {}
    for path in files_of(folder, *_ENDINGS[role]):
        first, *middle, _ = path.name.removesuffix(".gz").split(".")
        if first == role:
            split = ".".join(middle)
            if split in found:
                raise _doubled(path, found[split])
            found[split] = path
    if role == "qrels" and "" in found and ONLY_SPLIT in found:
        raise _doubled(found[""], found[ONLY_SPLIT])
    return found


def _doubled(path: Path, other: Path) -> DataError:
    return DataError(f"{path} and {other.name} play the same part.", hint="Keep one of them.")
