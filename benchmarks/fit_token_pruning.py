"""Choose where the carried reranker drops tokens: how fast it is, and how alike it orders before it learns.

Usage: ``PERTINENT_DATA=... python benchmarks/fit_token_pruning.py PLAN ... --weights FOLDER [--queries N]``.
A PLAN is ``AFTER,SHARE,LEAST[/AFTER,SHARE,LEAST]`` as under ``[student] pruning``, such as ``2,0.25,20``;
FOLDER holds the base. Each is made of the base's own weights and stands beside the base whole. Speed: texts
of ``carried_pair.py``, in turns, medians of ratios. Likeness: Kendall's tau to the whole one's order of the
first BM25 candidates, a mean over train queries; a student that learns comes nearer.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from scipy.stats import kendalltau

from carried_speed import SETS, Lists, lists_of, rates, take_turns
from carried_variants import CONFIG, Variant, untrained
from judged_data import candidates, data_folder, judged_set
from page_parts import table
from pertinent.rerankers.local import LocalReranker
from pertinent.train.base import find_base
from pertinent.train.card import trained_facts
from pertinent.train.config import read_config
from pertinent.train.finish import export_student

ORDERED = ("bioasq", "pubmedqa")
QUERIES, DEPTH, ROUNDS = 40, 20, 3
WHOLE = "whole"


def read_plan(text: str) -> list[dict[str, Any]]:
    """The places that a plan names.

    Examples
    --------
    >>> read_plan("2,0.4,32/6,0.2,16")[1]
    {'after': 6, 'share': 0.2, 'least': 16}
    """
    parts = (part.split(",") for part in text.split("/"))
    return [
        {"after": int(after), "share": float(share), "least": int(least)} for after, share, least in parts
    ]


def made(places: Sequence[Mapping[str, Any]], weights: Path, folder: Path) -> LocalReranker:
    """The base, untrained, that drops tokens there."""
    config = Variant(student={"pruning": list(places)}, trained=False).of(read_config(CONFIG), 1)
    assert config.export, "the recipe says how to export"
    checkpoint = untrained(config, find_base(config.student.base, weights), folder / "student")
    facts = trained_facts(config)
    export_student(checkpoint, folder / "model", config.student, config.export, [], facts=facts)
    return LocalReranker(folder / "model")


def likeness(model: LocalReranker, whole: LocalReranker, lists: Lists) -> float:
    """Mean Kendall's tau of two models' orders."""
    margins = [[[score.margin for score in each.score(*one)] for each in (model, whole)] for one in lists]
    return fmean(float(kendalltau(*pair).statistic) for pair in margins)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("plans", nargs="+", metavar="PLAN")
    parser.add_argument("--weights", type=Path, default=os.environ.get("PERTINENT_WEIGHTS"))
    parser.add_argument("--queries", type=int, default=QUERIES, help="train queries of each set")
    given = parser.parse_args()
    if given.weights is None:
        parser.error("give --weights FOLDER, or set PERTINENT_WEIGHTS")
    plans = {WHOLE: []} | {text: read_plan(text) for text in given.plans}
    ordered: dict[str, Lists] = {}
    for name in ORDERED:
        task = judged_set(name, "train", given.queries)
        found = candidates(task, DEPTH, None)
        ordered[name] = [(task.queries[query], [one.passage.content for one in few]) for query, few in found]
    with tempfile.TemporaryDirectory() as scratch:
        models = {
            text: made(places, given.weights, Path(scratch) / str(number))
            for number, (text, places) in enumerate(plans.items())
        }
        times = {}
        for title, name in SETS.items():
            lists = lists_of(data_folder() / name)
            systems = {text: lambda one, model=model: model.score(*one) for text, model in models.items()}
            found_rates = rates(take_turns(systems, lists, ROUNDS), len(lists), WHOLE)
            times[title] = {text: each["times"] for text, each in found_rates.items()}
        rows = [
            [
                text,
                *(f"{each[text]:.2f}" for each in times.values()),
                *(f"{likeness(model, models[WHOLE], lists):.3f}" for lists in ordered.values()),
            ]
            for text, model in models.items()
        ]
    heads = ["plan", *(f"{title}, times" for title in SETS), *(f"{name} train, tau" for name in ORDERED)]
    print(table(heads, rows))


if __name__ == "__main__":
    main()
