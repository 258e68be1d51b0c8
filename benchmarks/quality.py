"""Ranking quality of the carried pair on judged sets: every stage, with intervals and comparisons.

Usage: ``PERTINENT_DATA=... python benchmarks/quality.py [SET or TABLE ...] [--fresh] [--queries N]``; sets
and tables stand in ``quality_sets.py``. Each set becomes a file of ``benchmarks/results/quality``, with its
run card, as soon as it is done. A set whose result is there already, made of the same data by the same
models, prompts, settings and package versions, is left out; so an interrupted run goes on where it was.

The constants of the final formula were chosen on other queries (``fit_final.py``: train splits only).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from judged_data import data_folder
from machine import RESULTS, publishable, write_json
from pertinent.evaluate.requested import Models, open_all
from pertinent.evaluate.statistics.significance import with_holm
from quality_sets import SETS, JudgedSet, chosen

FOLDER = RESULTS / "quality"
NOT_OF_THE_NUMBERS = {"when", "machine", "values_hash"}
"""Parts of a run card that may differ while the numbers are the same."""
EVERY = 10.0
"""Seconds between two lines of progress."""


class Progress:
    """Tells how far a set is, on stderr."""

    def __init__(self) -> None:
        self._begun: dict[str, float] = {}
        self._told = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        begun = self._begun.setdefault(what, now)
        if now - self._told >= EVERY:
            self._told = now
            left = f", {(now - begun) / done * (total - done):.0f} s left" if done and total else ""
            print(f"{what}: {done}/{total or '?'}, {now - begun:.0f} s{left}", file=sys.stderr, flush=True)


def public_card(card: dict[str, Any], judged: JudgedSet) -> dict[str, Any]:
    """The card with the set's place under the data folder, wherever that folder is."""
    return {
        **card,
        "request": {**card["request"], "paths": [judged.place]},
        "machine": publishable(card["machine"]),
    }


def is_there(file: Path, card: dict[str, Any]) -> bool:
    """Whether a file holds the result that this card would give."""
    if not file.exists():
        return False
    stored = json.loads(file.read_text("utf-8"))["card"]
    return all(stored.get(name) == card[name] for name in card.keys() - NOT_OF_THE_NUMBERS)


def measure(judged: JudgedSet, data: Path, folder: Path, *, fresh: bool) -> None:
    """Measure one set and write its result, unless it is there."""
    request = judged.request(data)
    models = Models.open(request, fresh=fresh)
    (task,) = open_all(request)
    file = folder / f"{judged.name}.json"
    if not fresh and is_there(file, public_card(models.card(task, request), judged)):
        print(f"{judged.name}: there already", file=sys.stderr)
        return
    begun = time.monotonic()
    (result,) = with_holm([models.evaluate(task, request, Progress())])
    values = {"judged_queries": len(task.queries), **result.to_dict()}
    values["card"] = public_card(values["card"], judged)
    write_json(file, values)
    print(f"{judged.name}: {time.monotonic() - begun:.0f} s", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="*", help="; ".join(each.name for each in SETS))
    parser.add_argument("--fresh", action="store_true", help="compute every score anew")
    parser.add_argument("--queries", type=int, help="smaller samples, for a trial with --out")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the results")
    given = parser.parse_args()
    if given.queries is not None and given.out == FOLDER:
        parser.error("--queries is for trials: give --out as well")
    try:
        sets = chosen(given.sets)
    except KeyError as unknown:
        parser.error(f"unknown: {unknown.args[0]}")
    for judged in sets:
        sample = judged if given.queries is None else replace(judged, queries=given.queries)
        measure(sample, data_folder(), given.out, fresh=given.fresh)


if __name__ == "__main__":
    main()
