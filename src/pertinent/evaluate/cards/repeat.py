"""Whether a second evaluation repeats a first one: asked of the cards before, of the values after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from struct import pack
from typing import Any, TypeAlias

from pertinent.errors import DataError
from pertinent.evaluate.result import PerQuery
from pertinent.types.texts import printable

SAME = (
    *("dataset", "split", "kind", "data_hash", "queries", "request"),
    *("embedder", "rerankers", "chunking", "bm25", "rrf_constant"),
)
"""Parts of a card that must be equal."""

TOLD = ("pertinent", "machine", "packages")
"""Parts that may differ, and then perhaps the last digits of numbers do."""

PLACES = ("paths", "source")
"""Where data and models lie; hashes and revisions tell whether they are the same."""

MOST_TOLD = 10
"""Differences that one message names."""

LONGEST_VALUE = 60
"""Characters of a value in a message."""

Name: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """A value that a repeat did not find again; None where one of the two has none."""

    stage: str
    metric: str
    query: str
    old: float | None
    new: float | None


@dataclass(frozen=True, slots=True)
class RepeatReport:
    """What a repeat found.

    Parameters
    ----------
    values : int
        Values of single queries that were compared.
    differences : tuple[ValueDifference, ...]
        Those that are not equal to the last bit.
    """

    values: int
    differences: tuple[ValueDifference, ...] = ()

    @property
    def identical(self) -> bool:
        """Whether every value was found again."""
        return not self.differences

    @property
    def queries(self) -> tuple[str, ...]:
        """Queries with a difference."""
        return tuple(dict.fromkeys(difference.query for difference in self.differences))

    @property
    def largest(self) -> float:
        """Largest difference between two values; 0 where there is none."""
        both = [abs(d.new - d.old) for d in self.differences if d.old is not None and d.new is not None]
        return max(both, default=0.0)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with the first differences."""
        return {
            "identical": self.identical,
            "values": self.values,
            "differing": len(self.differences),
            "queries": len(self.queries),
            "largest": self.largest,
            "differences": [asdict(difference) for difference in self.differences[:MOST_TOLD]],
        }


def require_same(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Refuse a repeat that would be another evaluation.

    Parameters
    ----------
    old : Mapping
        The card to repeat (see ``card_file.read_card``).
    new : Mapping
        The card of what would be computed now (see ``run_card.make_card``).

    Returns
    -------
    list[str]
        What differs without making it another evaluation: machine, versions, places.

    Raises
    ------
    DataError
        If data, request, a model, its prompt or what computes it differ; each difference is named.

    Examples
    --------
    >>> require_same({"packages": {"numpy": "2.3"}}, {"packages": {"numpy": "2.4"}})
    ["packages numpy was '2.3' and is '2.4'"]
    """
    differing = list(_differences(old, new, SAME))
    grave = [text for name, text in differing if name[-1] not in PLACES]
    if grave:
        more = f"; and {len(grave) - MOST_TOLD} more" if len(grave) > MOST_TOLD else ""
        raise DataError(
            f"This would be no repeat: {'; '.join(grave[:MOST_TOLD])}{more}.",
            hint="Restore what is named, or evaluate anew without --repeat.",
        )
    return [text for _, text in (*differing, *_differences(old, new, TOLD))]


def compare_values(old: Mapping[str, PerQuery], new: Mapping[str, PerQuery]) -> RepeatReport:
    """Compare values of single queries, exact to the last bit.

    Parameters
    ----------
    old, new : Mapping[str, Mapping[str, Mapping[str, float]]]
        Stage -> metric -> query -> value.

    Examples
    --------
    >>> report = compare_values({"bm25": {"P@5": {"q": 0.2}}}, {"bm25": {"P@5": {"q": 0.4}}})
    >>> report.identical, report.queries, report.largest
    (False, ('q',), 0.2)
    """
    before, after = _flat(old), _flat(new)
    names = list(dict.fromkeys((*before, *after)))
    differences = tuple(
        ValueDifference(*name, before.get(name), after.get(name))
        for name in names
        if _bits(before.get(name)) != _bits(after.get(name))
    )
    return RepeatReport(len(names), differences)


def _flat(values: Mapping[str, PerQuery]) -> dict[tuple[str, str, str], float]:
    return {
        (stage, metric, query): value
        for stage, metrics in values.items()
        for metric, each in metrics.items()
        for query, value in each.items()
    }


def _bits(value: float | None) -> bytes:
    return b"" if value is None else pack("<d", value)


def _differences(
    old: Mapping[str, Any], new: Mapping[str, Any], parts: tuple[str, ...]
) -> Iterator[tuple[Name, str]]:
    for part in parts:
        before, after = dict(_leaves(old.get(part), (part,))), dict(_leaves(new.get(part), (part,)))
        for name in dict.fromkeys((*before, *after)):
            if before.get(name) != after.get(name):
                told = printable(" ".join(name))
                yield name, f"{told} was {_short(before.get(name))} and is {_short(after.get(name))}"


def _leaves(value: Any, name: Name) -> Iterator[tuple[Name, Any]]:
    """Single values with the keys that lead to them; what is None or empty is not there."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, (*name, str(key)))
    elif value is not None:
        yield name, value


def _short(value: Any) -> str:
    text = "nothing" if value is None else printable(repr(value))
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
