"""Small judged sets on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


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


def locomo_sample() -> dict[str, Any]:
    """A conversation as LoCoMo writes it: four turns, the last without words, and three questions."""
    return {
        "sample_id": "conv-1",
        "conversation": {
            "speaker_a": "Ada",
            "session_10": [{"dia_id": "D10:1", "speaker": "Bo", "text": ""}],
            "session_2": [
                {"dia_id": "D2:1", "speaker": "Ada", "text": "I sold it.", "blip_caption": "a bill"}
            ],
            "session_2_date_time": "9 May, 2023",
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": [
                {"dia_id": "D1:1", "speaker": "Ada", "text": "Hello there."},
                {
                    "dia_id": "D1:2",
                    "speaker": "Bo",
                    "text": " ",
                    "blip_caption": "a red boat",
                    "query": "boat",
                },
            ],
        },
        "qa": [
            {"question": "What did Ada sell?", "answer": "A boat", "evidence": ["D1:2; D2:1"], "category": 1},
            {"question": "When?", "answer": "9 May", "evidence": ["D2:1", "D7:7"], "category": 2},
            {"question": "What did Bo sell?", "evidence": ["D"], "category": 5},
        ],
        "event_summary": {},
    }


def realtalk_chat() -> dict[str, Any]:
    """A conversation as REALTALK writes it: one turn, two questions."""
    return {
        "name": {"speaker_1": "Ada"},
        "session_1": [
            {
                "dia_id": "D1:1",
                "speaker": "Ada",
                "clean_text": "Hello there.",
                "date_time": "29.12.2023, 22:42:04",
                "img_url": [],
            }
        ],
        "events_session_1": {},
        "session_1_date_time": "28.12.2023, 22:42:04",
        "qa": [
            {"question": "Is Ada polite?", "answer": "Yes", "evidence": ["D1:1"], "category": 3},
            {"question": "Is it raining?", "answer": "Yes", "evidence": ["D1:1"], "category": 9},
        ],
    }
