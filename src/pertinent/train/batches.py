"""Batches: which examples a step learns from, and which of their passages.

A batch follows from seed and number alone, so a run that was interrupted goes on with the batch that was next
and keeps no state for it. Examples stay on disk; only where each line begins is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pertinent.errors import DataError, RecordError
from pertinent.ingest.jsonl import parse_object
from pertinent.ingest.streams import GZIP_MAGIC, MAX_LINE_BYTES
from pertinent.train.examples import Example, TrainingPassage, from_dict

MOST_POSITIVES = 0.25
"""Share of a query's places in a batch that answers may take, while there is something else."""

HARDEST = 0.5
"""Share of the other places that go to the hardest passages; the rest is drawn from all others."""

_AGAIN = "Make the file again with the stage before this one."


class ExampleFile:
    """Examples of a file by their number, each read when it is asked for.

    Parameters
    ----------
    path : Path
        JSON Lines, not compressed (see ``examples``).

    Attributes
    ----------
    digest : str
        SHA-256 of the file: another one belongs to another run.

    Raises
    ------
    DataError
        If it cannot be read, is compressed, or holds nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        digest = sha256()
        starts: list[int] = []
        try:
            with path.open("rb") as file:
                if file.read(2) == GZIP_MAGIC:
                    raise DataError(f"{path} is compressed.", hint="Unpack it: lines are read in any order.")
                file.seek(0)
                place = 0
                while line := file.readline(MAX_LINE_BYTES + 1):
                    if len(line) > MAX_LINE_BYTES:
                        raise self._fault(len(starts), f"longer than {MAX_LINE_BYTES:,} bytes")
                    digest.update(line)
                    if line.strip():
                        starts.append(place)
                    place += len(line)
        except OSError as error:
            raise DataError(f"{path} cannot be read ({type(error).__name__}).", hint=_AGAIN) from error
        if not starts:
            raise DataError(f"{path} holds no examples.", hint=_AGAIN)
        self.digest = digest.hexdigest()
        self._starts = np.array(starts, np.int64)

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, number: int) -> Example:
        if not 0 <= number < len(self):
            raise IndexError(number)
        with self.path.open("rb") as file:
            file.seek(int(self._starts[number]))
            line = file.readline(MAX_LINE_BYTES)
        values = parse_object(line, source=str(self.path), position=f"example {number + 1}")
        try:
            return from_dict(values)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self._fault(number, "this is no training example") from None

    def __iter__(self) -> Iterator[Example]:
        return (self[number] for number in range(len(self)))

    def _fault(self, number: int, reason: str) -> RecordError:
        return RecordError(reason, source=str(self.path), position=f"example {number + 1}", hint=_AGAIN)


class Batches:
    """The batches of a run: all examples in a new order, again and again.

    Parameters
    ----------
    examples : Sequence[Example] | ExampleFile
        What is learnt from, at least one.
    queries, passages : int
        Examples of a batch, and passages of each at most.
    seed : int
        Decides the orders and choices.

    Examples
    --------
    >>> examples = [Example(f"q{n}", (TrainingPassage("a", True),), "own") for n in range(4)]
    >>> batches = Batches(examples, queries=2, passages=1, seed=0)
    >>> sorted(example.query for number in (0, 1) for example in batches[number])
    ['q0', 'q1', 'q2', 'q3']
    """

    def __init__(
        self, examples: Sequence[Example] | ExampleFile, *, queries: int, passages: int, seed: int
    ) -> None:
        self.examples = examples
        self.queries = queries
        self.passages = passages
        self.seed = seed
        self._order = lru_cache(2)(self._draw_order)

    def __getitem__(self, number: int) -> list[Example]:
        """The batch of that number, from 0, without end; its examples hold the chosen passages only."""
        found = []
        for place in range(number * self.queries, (number + 1) * self.queries):
            epoch, rest = divmod(place, len(self.examples))
            example = self.examples[int(self._order(epoch)[rest])]
            generator = np.random.default_rng([self.seed, 1, place])
            found.append(choose_passages(example, self.passages, generator))
        return found

    def _draw_order(self, epoch: int) -> npt.NDArray[np.int64]:
        return np.random.default_rng([self.seed, 0, epoch]).permutation(len(self.examples))


def choose_passages(example: Example, most: int, generator: np.random.Generator) -> Example:
    """Choose passages of an example: answers first, then the hardest of the others, then some of the rest.

    Hardest are those with the highest label; without labels, those that come first, which is how they are
    mined.

    Parameters
    ----------
    example : Example
        With any number of passages.
    most : int
        Passages that are kept.
    generator : numpy.random.Generator
        Draws answers and the rest.

    Returns
    -------
    Example
        The same with at most so many passages.
    """
    answers = [each for each in example.passages if each.relevant]
    others = [each for each in example.passages if not each.relevant]
    others.sort(key=lambda each: -(each.label if each.label is not None else 0.0))
    room = max(1, int(most * MOST_POSITIVES), most - len(others))
    chosen = _drawn(answers, room, generator)
    left = most - len(chosen)
    hardest = min(len(others), -int(-left * HARDEST // 1))
    chosen += others[:hardest]
    chosen += _drawn(others[hardest:], most - len(chosen), generator)
    return Example(example.query, tuple(chosen), example.source, example.made_by)


def _drawn(
    passages: Sequence[TrainingPassage], count: int, generator: np.random.Generator
) -> list[TrainingPassage]:
    """So many passages, drawn without regard to their order."""
    return [passages[int(place)] for place in generator.permutation(len(passages))[:count]]
