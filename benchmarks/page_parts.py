"""What the parts of the results page share: reading results, writing tables."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def measured(name: str) -> bool:
    """Whether there is a result of this name."""
    return (RESULTS / f"{name}.json").exists()


def load(name: str) -> dict[str, Any]:
    """Read a result; a name may hold a folder."""
    values: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
    return values


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a Markdown table."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def with_interval(triple: list[float], sign: str = "") -> str:
    """Write a mean, and its interval in brackets."""
    mean, low, high = triple
    return f"{mean:{sign}.3f} ({low:{sign}.3f} to {high:{sign}.3f})"
