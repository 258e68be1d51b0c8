"""How far a pair that was built again lies from the first: all figures of two results of ``carried_pair.py``.

Usage: ``python benchmarks/carried_spread.py FIRST.json SECOND.json [--embedder] [--out FILE]``. With
``--embedder`` only the first stage is compared, of two pairs whose rerankers are not of one configuration.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from machine import RESULTS, run_card, write_json

OUT = RESULTS / "carried" / "spread.json"
STAGES = ("dense", "rrf")
"""Lists that depend on the embedder."""


def first_stage(result: dict[str, Any]) -> dict[str, Any]:
    """What a result says of the embedder alone."""
    sets = {
        name: {key: each[key] for key in ("data_hash", "queries")}
        | {"stages": {stage: each["stages"][stage] for stage in STAGES}}
        for name, each in result.get("quality", {}).get("sets", {}).items()
        if set(STAGES) <= each["stages"].keys()
    }
    quality = {"limit": result["quality"]["limit"], "sets": sets} if sets else {}
    return {"models": {"embedder": result["models"]["embedder"]}} | ({"quality": quality} if sets else {})


def figures(result: dict[str, Any]) -> dict[str, float]:
    """Figures of a result by what they are; parts that are missing have none."""
    named: dict[str, float] = {}
    if quality := result.get("quality"):
        for name, each in quality["sets"].items():
            named |= {f"{name}, {stage}": values["mean"] for stage, values in each["stages"].items()}
        if mean_gain := quality.get("mean_gain"):
            named["mean gain"] = mean_gain["difference"]
    if calibration := result.get("calibration"):
        named |= {f"{name}, ECE": each["quality"]["ece"] for name, each in calibration["sets"].items()}
    return named


def of_what(result: dict[str, Any]) -> list[Any]:
    """What two results must share to be compared: the data, and how many queries of it."""
    sets = result.get("quality", {}).get("sets", {})
    limits = [result[part]["limit"] for part in ("quality", "calibration") if part in result]
    return [limits, [(name, each["data_hash"], each["queries"]) for name, each in sets.items()]]


def compare(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Both results' figures and their differences, second minus first.

    Raises
    ------
    SystemExit
        If they were measured on different data or queries, or hold different parts or no figures.
    """
    one, two = figures(first), figures(second)
    if of_what(first) != of_what(second) or one.keys() != two.keys():
        raise SystemExit("These results are not of the same parts, data and queries.")
    if not one:
        raise SystemExit("These results hold neither quality nor calibration.")
    return {
        "models": [first["models"], second["models"]],
        "figures": {
            name: {"first": value, "second": two[name], "difference": two[name] - value}
            for name, value in one.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--embedder", action="store_true", help="compare the first stage alone")
    parser.add_argument("--out", type=Path, default=OUT, help="file of the result")
    given = parser.parse_args()
    first, second = (json.loads(file.read_text("utf-8")) for file in (given.first, given.second))
    if given.embedder:
        first, second = first_stage(first), first_stage(second)
    write_json(given.out, {"card": run_card(), **compare(first, second)})


if __name__ == "__main__":
    main()
