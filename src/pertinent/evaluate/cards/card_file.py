"""Run cards and values from an output folder, read as files that anyone may have written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from itertools import islice
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, NoReturn, get_args, get_origin, get_type_hints

from pertinent.errors import DataError, RecordError
from pertinent.evaluate.cards.run_card import CARD_FILE, FORMAT, VALUES_FILE, values_hash
from pertinent.evaluate.request import Request
from pertinent.evaluate.result import PerQuery
from pertinent.ingest.jsonl import parse_object
from pertinent.ingest.streams import numbered_lines

MAX_CARD_BYTES = 1 << 20

MAX_ENTRIES = 10_000
"""Entries of a folder that are looked through for a card."""

MAX_DEPTH = 4
"""Mappings within mappings, and lists, of a card."""

_SHAPE: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("pertinent", "when", "dataset", "split", "kind", "data_hash", "values_hash"), (str,)),
    **dict.fromkeys(("queries", "rrf_constant"), (int,)),
    **dict.fromkeys(("request", "rerankers", "chunking", "bm25", "machine", "packages"), (dict,)),
    "embedder": (dict, NoneType),
}

_HINT = "Give a card.json, or the folder of one set, that pertinent evaluate --out wrote."


def read_card(path: Path) -> dict[str, Any]:
    """Read a run card.

    Parameters
    ----------
    path : Path
        A ``card.json``, the folder that it lies in, or a folder in which exactly one folder has one.

    Returns
    -------
    dict
        The card; its request can be read by ``Request.from_dict``.

    Raises
    ------
    DataError
        If there is no card or more than one, it is damaged, or of another format.
    """
    file = find_card(path)
    try:
        if file.stat().st_size > MAX_CARD_BYTES:
            raise DataError(f"{file} is too large to be a run card.", hint=_HINT)
        card: dict[str, Any] = parse_object(file.read_bytes(), source=str(file), position="whole file")
    except (OSError, RecordError) as error:
        reason = error.reason if isinstance(error, RecordError) else type(error).__name__
        raise DataError(f"{file} cannot be read as a run card: {reason}.", hint=_HINT) from None
    if type(card.get("format")) is not int:
        raise DataError(f"{file} is no run card.", hint=_HINT)
    if card["format"] != FORMAT:
        raise DataError(
            f"{file} is a run card of another format than this Pertinent knows ({FORMAT}).",
            hint="Repeat it with the version of Pertinent that wrote it.",
        )
    if wrong := _wrong_part(card):
        raise DataError(f"{file} is damaged: {wrong} is missing or not what it should be.", hint=_HINT)
    Request.from_dict(card["request"])  # refuses what it does not know
    return card


def find_card(path: Path) -> Path:
    """Find the card that a path means (see :func:`read_card`).

    Raises
    ------
    DataError
        If there is none, or more than one.
    """
    for file in (path, path / CARD_FILE):
        if file.is_file():
            return file
    try:
        folders = sorted(entry for entry in islice(path.iterdir(), MAX_ENTRIES) if entry.is_dir())
    except OSError:
        folders = []
    found = [folder / CARD_FILE for folder in folders if (folder / CARD_FILE).is_file()]
    if len(found) == 1:
        return found[0]
    if found:
        raise DataError(f"There are {len(found)} run cards in {path}.", hint="Give the folder of one set.")
    raise DataError(f"There is no run card at {path}.", hint=_HINT)


def read_values(path: Path, card: Mapping[str, Any]) -> Mapping[str, PerQuery] | None:
    """Read the values of single queries that lie beside a card.

    Parameters
    ----------
    path : Path
        As for :func:`read_card`.
    card : Mapping
        What that returned.

    Returns
    -------
    Mapping[str, Mapping[str, Mapping[str, float]]] | None
        Stage -> metric -> query -> value; None where the card lies alone.

    Raises
    ------
    DataError
        If the file is damaged, or its values are not those that the card was written with.
    """
    file = find_card(path).with_name(VALUES_FILE)
    if not file.is_file():
        return None

    def refuse(error: RecordError) -> NoReturn:
        raise DataError(f"{file} cannot be read: {error.reason}.", hint=_HINT) from None

    values: dict[str, dict[str, dict[str, float]]] = {}
    for number, line in numbered_lines(file, on_broken=refuse):
        if number > card["queries"]:
            raise DataError(f"{file} has more lines than its card has queries.", hint=_HINT)
        try:
            row = parse_object(line, source=str(file), position=f"line {number}")
            query = row["query"]
            if not isinstance(query, str):
                raise TypeError
            for stage, metrics in _mapping(row["values"]).items():
                for metric, value in _mapping(metrics).items():
                    values.setdefault(stage, {}).setdefault(metric, {})[query] = _number(value)
        except RecordError as error:
            refuse(error)
        except (KeyError, TypeError):
            raise DataError(f"{file}, line {number}: there are no values of a query.", hint=_HINT) from None
    if values_hash(values) != card["values_hash"]:
        raise DataError(f"The values in {file} are not those of its card.", hint="Evaluate anew.")
    return values


def _wrong_part(card: Mapping[str, Any]) -> str | None:
    """Name the first part of a card that has a wrong type."""
    for name, types in _SHAPE.items():
        if name not in card or type(card[name]) not in types or not _is_plain(card[name], MAX_DEPTH):
            return name
    request = card["request"]
    hints = get_type_hints(Request)
    for field in fields(Request):
        if field.name in request and not _has_type(request[field.name], hints[field.name]):
            return f"request {field.name}"
    return None


def _is_plain(value: object, depth: int) -> bool:
    """Whether a value is of finite numbers and strings, in mappings and lists that are not too deep."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return depth > 0 and all(_is_plain(each, depth - 1) for each in inner)
    return not isinstance(value, float) or math.isfinite(value)


def _has_type(value: object, hint: Any) -> bool:
    if get_origin(hint) is UnionType:
        return any(_has_type(value, part) for part in get_args(hint))
    if get_origin(hint) is tuple:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    return type(value) is hint or (hint is float and type(value) is int)


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _number(value: object) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):  # type: ignore[arg-type]
        raise TypeError
    return float(value)  # type: ignore[arg-type]
