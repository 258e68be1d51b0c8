"""What each stage of making the carried pair adds or costs: several pairs on the same sets.

Usage: ``PERTINENT_DATA=... python benchmarks/carried_ablations.py LIST [--limit N] [--speed] [--out FILE]``.
LIST, a TOML file, names the pairs, each compared with the one before it or with another by name; folders are
looked for beside LIST, and a model that is left out is the carried one::

    [[pairs]]
    name = "published models"
    embedder = "work/embedder/base"
    reranker = "work/reranker/base"

    [[pairs]]
    name = "six layers, teacher's labels"
    reranker = "work/reranker/export"
    against = "published models"

Each row is written as soon as it is done, and scores come from the cache; ``--speed``, for which nothing
else may run, lets all rerankers and all embedders take turns in the end.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import carried_calibration
import carried_quality
import carried_speed
from carried_quality import FINAL, MEASURE, SETS, Pair, Results
from judged_data import data_folder
from machine import RESULTS, run_card, write_json

OUT = RESULTS / "carried" / "ablations.json"
KEYS = {"name", "embedder", "reranker", "against"}


@dataclass(frozen=True, slots=True)
class Row:
    """A pair with its name, and that of the pair it is compared with; the first has none."""

    name: str
    pair: Pair
    against: str | None


def read_rows(file: Path) -> list[Row]:
    """Read the list.

    Raises
    ------
    SystemExit
        If a row has no name of its own, an unknown key, or is compared with one that does not come before it.
    """
    rows: list[Row] = []
    for given in tomllib.loads(file.read_text("utf-8")).get("pairs", []):
        before = [row.name for row in rows]
        name, against = given.get("name"), given.get("against", before[-1] if before else None)
        if not name or name in before or set(given) - KEYS or against not in {None, *before}:
            raise SystemExit(f"Row {len(rows) + 1} of {file.name}: give name, embedder, reranker, against.")
        models = (found(given.get(key), file.parent) for key in ("embedder", "reranker"))
        rows.append(Row(name, Pair(*models), against))
    if not rows:
        raise SystemExit(f"{file.name} names no [[pairs]].")
    return rows


def found(model: str | None, folder: Path) -> str | None:
    """A model's folder beside the list; a name that is no folder stays."""
    return str(folder / model) if model and (folder / model).exists() else model


def minus(results: Results, others: Results) -> dict[str, Any]:
    """Final order of one pair minus that of another on the same queries, each set counting the same."""
    values = [
        np.array(
            [
                value - others[judged.name].stages[FINAL].values[MEASURE][query]
                for query, value in results[judged.name].stages[FINAL].values[MEASURE].items()
            ]
        )
        for judged in SETS
    ]
    return {
        "difference": float(np.mean([each.mean() for each in values])),
        "interval": list(carried_quality.stratified_interval(values)),
    }


def measured(row: Row, known: Mapping[str, Results], limit: int | None) -> tuple[dict[str, Any], Results]:
    """One row as it is written, and the results that others are compared with."""
    quality, results = carried_quality.measure(row.pair, data_folder(), limit)
    calibration = carried_calibration.measure(row.pair, data_folder(), limit)["sets"]
    values = {
        "models": row.pair.models(),
        "against": row.against,
        "minus": None if row.against is None else minus(results, known[row.against]),
        **quality,
        "calibration": {
            name: {"ece": each["quality"]["ece"], "interval": each["ece_interval"]}
            for name, each in calibration.items()
        },
    }
    return values, results


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("list", type=Path)
    parser.add_argument("--limit", type=int, help="queries of each set: those with the smallest hashes")
    parser.add_argument("--speed", action="store_true", help="measure speed too")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=OUT, help="file of the result")
    given = parser.parse_args()
    rows, known = read_rows(given.list), dict[str, Results]()
    values: dict[str, Any] = {"card": run_card(), "limit": given.limit, "rows": {}}
    for row in rows:
        print(f"== {row.name}", flush=True)
        values["rows"][row.name], known[row.name] = measured(row, known, given.limit)
        write_json(given.out, values)
    if given.speed:
        embedders = {row.name: row.pair.embedder for row in rows}
        rerankers = {row.name: row.pair.reranker for row in rows}
        values["speed"] = carried_speed.measure(
            embedders, rerankers, data_folder(), given.rounds, rows[0].name
        )
        write_json(given.out, values)


if __name__ == "__main__":
    main()
