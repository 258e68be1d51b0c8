"""Measure a pair of models as the carried pair is judged: quality, calibration and speed, in one file.

Usage: ``PERTINENT_DATA=... python benchmarks/carried_pair.py [PART ...] [--embedder MODEL] [--reranker MODEL]
[--peer MODEL] [--peer-embedder MODEL] [--limit N] [--out FILE]``, a MODEL being a carried model's name or a
folder in their layout; what is left out is the carried one. Without parts all are measured. Each is written
to FILE as soon as it is done, with a run card of its own; parts that FILE holds of the same models are kept.

===========  ===========================================================================================
quality      first stage, margin alone and final on the sets of ``carried_quality.py``, and what is gained
peer         the peer embedder's first stage on two of them, and the peer's order of DL19's candidates
calibration  calibration error and thresholds, on candidates of three sets
speed        pairs and documents per second beside the peers; nothing else may run
===========  ===========================================================================================

Scores and indexes are kept in the cache folder, so an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import carried_calibration
import carried_quality
import carried_speed
from carried_quality import Pair
from judged_data import data_folder
from machine import RESULTS, run_card, write_json

OUT = RESULTS / "carried" / "pair.json"


def quality(given: argparse.Namespace) -> dict[str, Any]:
    """See ``carried_quality.measure``."""
    values, _ = carried_quality.measure(given.pair, data_folder(), given.limit)
    return values


def peer(given: argparse.Namespace) -> dict[str, Any]:
    """See ``carried_quality.measure_peer``."""
    return carried_quality.measure_peer(given.against, data_folder(), given.limit)


def calibration(given: argparse.Namespace) -> dict[str, Any]:
    """See ``carried_calibration.measure``."""
    return carried_calibration.measure(given.pair, data_folder(), given.limit)


def speed(given: argparse.Namespace) -> dict[str, Any]:
    """See ``carried_speed.measure``."""
    embedders = {"pair": given.embedder, "peer": given.peer_embedder}
    rerankers = {"pair": given.reranker, "peer": given.peer}
    return carried_speed.measure(embedders, rerankers, data_folder(), given.rounds, "peer")


PARTS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    each.__name__: each for each in (quality, peer, calibration, speed)
}


def kept(file: Path, models: dict[str, Any]) -> dict[str, Any]:
    """What a file holds of these models; nothing where it is of others."""
    stored: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return stored if stored.get("models") == models else {"models": models}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--embedder", help="name or folder")
    parser.add_argument("--reranker", help="name or folder")
    parser.add_argument("--peer", help="reranker to compare with")
    parser.add_argument("--peer-embedder", help="embedder to compare with")
    parser.add_argument("--limit", type=int, help="queries of each set: those with the smallest hashes")
    parser.add_argument("--rounds", type=int, default=5, help="of the speed, after one that warms up")
    parser.add_argument("--out", type=Path, default=OUT, help="file of the result")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    given.pair, given.against = Pair(given.embedder, given.reranker), Pair(given.peer_embedder, given.peer)
    models = given.pair.models()
    for name, part in PARTS.items():
        if not given.parts or name in given.parts:
            values = {"card": run_card(), "limit": given.limit, **part(given)}
            write_json(given.out, kept(given.out, models) | {name: values})


if __name__ == "__main__":
    main()
