"""Small judged sets on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path


def write_lines(path: Path, content: str | Sequence[Mapping[str, object]]) -> Path:
    """Write text as it is, records as JSON Lines; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else "".join(f"{json.dumps(record)}\n" for record in content)
    path.write_text(text, "utf-8")
    return path


def write_beir(
    folder: Path,
    corpus: Sequence[Mapping[str, object]],
    queries: Sequence[Mapping[str, object]],
    **splits: str,
) -> Path:
    """Write a BEIR folder whose judgements are given as text by split."""
    write_lines(folder / "corpus.jsonl", corpus)
    write_lines(folder / "queries.jsonl", queries)
    for split, text in splits.items():
        write_lines(folder / "qrels" / f"{split}.tsv", text)
    return folder
