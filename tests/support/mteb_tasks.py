"""Real tasks of mteb, and sets as Hugging Face stores them, made of local texts: nothing is fetched."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Corpus = Mapping[str, tuple[str, str]]

CORPUS: Corpus = {
    "d1": ("Metformin", "Metformin lowers blood glucose in adults with type 2 diabetes."),
    "d2": ("Statins", "Atorvastatin lowers cholesterol and prevents heart attacks."),
    "d3": ("", "The weather in Lisbon was warm and dry in July."),
    "d4": ("Insulin", "Insulin pumps keep glucose steady during the night."),
    "d5": ("Amoxicillin", "Amoxicillin treats bacterial infections of the ear."),
    "d6": ("Gardens", "Roses need water in the morning."),
}
QUERIES = {
    "q1": "which drug lowers blood glucose?",
    "q2": "what prevents heart attacks?",
    "q3": "which antibiotic treats an infected ear?",
}
RELEVANT = {"q1": {"d1": 2, "d4": 1}, "q2": {"d2": 1}, "q3": {"d5": 1, "d3": 0}}
RANKED = {"q1": ["d1", "d4", "d3", "d6"], "q2": ["d2", "d1", "d5"], "q3": ["d5", "d2", "d6"]}


def local_task(
    name: str = "LocalRetrieval",
    *,
    corpus: Corpus = CORPUS,
    queries: Mapping[str, Any] = QUERIES,
    relevant: Mapping[str, Mapping[str, int]] = RELEVANT,
    ranked: Mapping[str, Sequence[str]] | None = None,
    split: str = "test",
    languages: Sequence[str] | Mapping[str, Sequence[str]] = ("eng-Latn",),
    prompt: Any = None,
    instructions: Mapping[str, str] | None = None,
    ignore_identical_ids: bool = False,
    modality: str = "text",
) -> Any:
    """An mteb task that holds these texts; several languages hold the same in each subset."""
    from datasets import Dataset
    from mteb.abstasks import AbsTaskRetrieval
    from mteb.abstasks.task_metadata import TaskMetadata

    def load(self: Any, num_proc: int | None = None, **_: Any) -> None:
        if self.data_loaded:
            return
        data = {
            "corpus": Dataset.from_list([{"id": d, "title": t, "text": x} for d, (t, x) in corpus.items()]),
            "queries": Dataset.from_list(
                [
                    {"id": q, "text": text} | ({"instruction": instructions[q]} if instructions else {})
                    for q, text in queries.items()
                ]
            ),
            "relevant_docs": {query: dict(grades) for query, grades in relevant.items()},
            "top_ranked": None if ranked is None else {query: list(rows) for query, rows in ranked.items()},
        }
        self.dataset = {subset: {split: dict(data)} for subset in self.hf_subsets}
        self.data_loaded = True

    metadata = TaskMetadata(
        name=name,
        description="Texts of a test.",
        dataset={"path": "local/texts", "revision": "1"},
        type="Retrieval" if ranked is None else "Reranking",
        category="t2t",
        modalities=[modality],
        eval_splits=[split],
        eval_langs=dict(languages) if isinstance(languages, Mapping) else list(languages),
        main_score="ndcg_at_10",
        prompt=prompt,
    )
    body = {"metadata": metadata, "load_data": load, "ignore_identical_ids": ignore_identical_ids}
    return type(name, (AbsTaskRetrieval,), body)()


def beir_parts(folder: Path, split: str, limit: int) -> dict[str, Any]:
    """Corpus, the first queries of a split and their judgements, as :func:`local_task` takes them."""

    def rows(name: str) -> list[dict[str, Any]]:
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    relevant: dict[str, dict[str, int]] = {}
    with gzip.open(folder / "qrels" / f"{split}.tsv.gz", "rt", encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            query, document, grade = line.rstrip("\n").split("\t")
            if query in relevant or len(relevant) < limit:
                relevant.setdefault(query, {})[document] = int(grade)
    return {
        "corpus": {row["_id"]: (row.get("title") or "", row["text"]) for row in rows("corpus")},
        "queries": {row["_id"]: row["text"] for row in rows("queries") if row["_id"] in relevant},
        "relevant": relevant,
    }


def write_dataset(folder: Path, parts: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]) -> None:
    """A dataset repository in a folder, read as one of the hub is: config -> split -> rows."""
    folder.mkdir()
    lines = ["---", "configs:"]
    for config, splits in parts.items():
        lines += [f"- config_name: {config}", "  data_files:"]
        for split, rows in splits.items():
            lines += [f"  - split: {split}", f"    path: {config}/{split}.jsonl"]
            (folder / config).mkdir(exist_ok=True)
            text = "".join(json.dumps(row) + "\n" for row in rows)
            (folder / config / f"{split}.jsonl").write_text(text, "utf-8")
    (folder / "README.md").write_text("\n".join([*lines, "---", ""]), "utf-8")


def judged_rows(relevant: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """Judgements as mteb stores them."""
    return [
        {"query-id": query, "corpus-id": document, "score": grade}
        for query, grades in relevant.items()
        for document, grade in grades.items()
    ]
