"""What is trained on: queries with passages, and what is known of each pair.

Every stage reads a file of examples and writes another one, a line each, so that a run can be looked at,
stopped and taken up again between any two.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pertinent.errors import RecordError
from pertinent.ingest.jsonl import parse_object
from pertinent.ingest.streams import numbered_lines

MOST_PASSAGES = 1_000
"""Passages of one example at most."""


@dataclass(frozen=True, slots=True)
class TrainingPassage:
    """A passage of an example.

    Parameters
    ----------
    text : str
        As models read it: title, headings and text, one a line.
    relevant : bool | None
        What was judged, or follows from how the query was made; None where nothing is known.
    origin : str
        How it came here: ``judged``, ``bm25``, ``dense``, ``reranker``.
    label : float | None
        Soft label in 0..1 that teachers agree on; None before they were asked.
    margins : Mapping[str, float]
        Margin of each teacher, by its label.
    """

    text: str
    relevant: bool | None = None
    origin: str = "judged"
    label: float | None = None
    margins: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Example:
    """A query with passages.

    Parameters
    ----------
    query : str
        The question.
    passages : tuple[TrainingPassage, ...]
        What is to be ordered.
    source : str
        The data set it comes from.
    made_by : str
        ``judged`` where people asked, else how the query was made (see ``synthesise``).

    Examples
    --------
    >>> example = Example("what lowers glucose?", (TrainingPassage("Metformin does.", True),), "own")
    >>> from_dict(example.to_dict()) == example
    True
    """

    query: str
    passages: tuple[TrainingPassage, ...]
    source: str
    made_by: str = "judged"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def from_dict(values: Mapping[str, Any]) -> Example:
    """Read an example back.

    Raises
    ------
    ValueError
        If something is missing, of a wrong type, or out of range.
    """
    passages = values["passages"]
    texts = (values["query"], values["source"], values["made_by"])
    if not (isinstance(passages, list | tuple) and len(passages) <= MOST_PASSAGES):
        raise ValueError
    if not all(isinstance(text, str) for text in texts):
        raise ValueError
    return Example(texts[0], tuple(_passage(each) for each in passages), texts[1], texts[2])


def _passage(values: Mapping[str, Any]) -> TrainingPassage:
    passage = TrainingPassage(**values)
    margins = passage.margins
    numbers = [*margins.values(), *([] if passage.label is None else [passage.label])]
    if not (
        isinstance(passage.text, str)
        and isinstance(passage.origin, str)
        and passage.relevant in (None, True, False)
        and all(type(number) in (int, float) and math.isfinite(number) for number in numbers)
        and (passage.label is None or 0 <= passage.label <= 1)
    ):
        raise ValueError
    return passage


def read_examples(path: Path) -> Iterator[Example]:
    """Read a file of examples, a line each; it may be gzip.

    Raises
    ------
    RecordError
        If a line holds no example.
    """

    def refuse(error: RecordError) -> None:
        raise error

    for number, line in numbered_lines(path, on_broken=refuse):
        position = f"line {number}"
        values = parse_object(line, source=str(path), position=position)
        try:
            yield from_dict(values)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise RecordError(
                "this is no training example",
                source=str(path),
                position=position,
                hint="Make the file again with the stage before this one.",
            ) from None


def write_examples(path: Path, examples: Iterable[Example]) -> int:
    """Write a file of examples, which takes its name when it is whole; returns how many there are.

    Parameters
    ----------
    path : Path
        An existing file is replaced.
    examples : Iterable[Example]
        Taken one by one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".new")
    count = 0
    with scratch.open("w", encoding="utf-8", errors="backslashreplace") as stream:
        for example in examples:
            stream.write(json.dumps(example.to_dict(), ensure_ascii=False) + "\n")
            count += 1
    scratch.replace(path)
    return count
