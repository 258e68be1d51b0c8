"""Files that an interrupted stage goes on with, and what whole ones were made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from pertinent.train.examples import Example
from pertinent.types import content_hash

CHUNK_BYTES = 1 << 20


def write_resumed(
    path: Path,
    examples: Iterable[Example],
    stage: Callable[[Iterator[Example]], Iterator[Example]],
    made_of: str,
) -> int:
    """Write what a stage makes of examples; what an earlier run wrote is kept and its examples passed over.

    Parameters
    ----------
    path : Path
        Takes its name when it is whole; an existing file is replaced.
    examples : Iterable[Example]
        The same, in the same order, each time.
    stage : Callable[[Iterator[Example]], Iterator[Example]]
        Gives one example for each, in their order.
    made_of : str
        All that the outcome depends on: parts written with another are not used.

    Returns
    -------
    int
        Examples in the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{content_hash(made_of)[:12]}.part")
    count = whole_lines(scratch)
    rest = islice(iter(examples), count, None)
    with scratch.open("a", encoding="utf-8", errors="backslashreplace") as stream:
        for example in stage(rest):
            stream.write(json.dumps(example.to_dict(), ensure_ascii=False) + "\n")
            stream.flush()
            count += 1
    scratch.replace(path)
    return count


def whole_lines(path: Path) -> int:
    """Lines that an earlier run wrote to their end; half a line behind them is cut off."""
    if not path.exists():
        return 0
    lines = at = whole = 0
    with path.open("r+b") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            lines += chunk.count(b"\n")
            if (last := chunk.rfind(b"\n")) >= 0:
                whole = at + last + 1
            at += len(chunk)
        stream.truncate(whole)
    return lines


def is_done(path: Path, made_of: str) -> bool:
    """Whether the file is there and was made of just this."""
    return path.exists() and made_of_file(path) == content_hash(made_of)


def made_of_file(path: Path) -> str:
    """What a file was made of, as a hash; empty where nothing says so."""
    mark = path.with_name(path.name + ".made_of")
    return mark.read_text("utf-8") if mark.exists() else ""


def mark_done(path: Path, made_of: str) -> None:
    """Write down what a whole file was made of."""
    path.with_name(path.name + ".made_of").write_text(content_hash(made_of), "utf-8")
