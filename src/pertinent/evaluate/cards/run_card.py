"""The run card: what a result was computed from, with what and where, enough to repeat it.

A card holds names, hashes, numbers and the instruction, and no text of a document or query.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from struct import pack
from typing import Any

from pertinent.embedders.protocol import TextEmbedder
from pertinent.engine.identity import prompt_hash_of, runs_on_of
from pertinent.evaluate.cards.machine import describe_machine, package_versions
from pertinent.evaluate.request import Request
from pertinent.evaluate.result import PerQuery
from pertinent.evaluate.task import Task
from pertinent.families.instructions import find_instruction, instruction_read
from pertinent.ingest.chunker import DEFAULT_MAX_TOKENS, DEFAULT_OVERLAP
from pertinent.rerankers.protocol import Scorer
from pertinent.search.fusion import RRF_CONSTANT

FORMAT = 1
"""Goes up whenever cards are written that an older Pertinent would misread."""

CARD_FILE = "card.json"

VALUES_FILE = "per_query.jsonl"
"""Lies beside a card and holds the values that ``values_hash`` is of."""


def make_card(
    task: Task,
    request: Request,
    embedder: TextEmbedder | None,
    rerankers: Mapping[str, Scorer],
) -> dict[str, Any]:
    """Write down what a result depends on; local models are loaded for it.

    ``values_hash`` is left to whoever has the values: ``card | {"values_hash": values_hash(...)}``.

    Parameters
    ----------
    task : Task
        What is evaluated on, already a sample where one was asked for.
    request : Request
        What is asked.
    embedder : TextEmbedder | None
        Of the dense list; None where there is none.
    rerankers : Mapping[str, Scorer]
        By label.

    Returns
    -------
    dict
        Plain values for JSON, the same after a round trip.

    Raises
    ------
    ModelError
        If a model cannot be loaded.
    UsageError
        If the instruction is neither words nor a known name.
    """
    # The card of one set of several does not need the others.
    paths = (task.path,) if task.path else request.paths
    instruction = None if request.instruction is None else find_instruction(request.instruction)
    packages = package_versions()
    return {
        "format": FORMAT,
        "pertinent": packages.get("pertinent", ""),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "request": request.to_dict() | {"paths": [_found_anywhere(path) for path in paths]},
        "dataset": task.name,
        "split": task.split,
        "kind": task.kind,
        "data_hash": task.data_hash,
        "queries": len(task.queries),
        # Instructions of a call are the rerankers'; embedders read their standing one.
        "embedder": None if embedder is None else _describe(embedder, None),
        "rerankers": {
            label: _describe(scorer, instruction) | _numbers(scorer) for label, scorer in rerankers.items()
        },
        "chunking": {"max_tokens": DEFAULT_MAX_TOKENS, "overlap": DEFAULT_OVERLAP},
        "bm25": {"k": request.bm25_k, "b": request.bm25_b, "language": request.language or task.language},
        "rrf_constant": RRF_CONSTANT,
        "machine": describe_machine(),
        "packages": packages,
    }


def values_hash(values: Mapping[str, PerQuery]) -> str:
    """Hash values of single queries, exact to the last bit, whatever their order.

    Parameters
    ----------
    values : Mapping[str, Mapping[str, Mapping[str, float]]]
        Stage -> metric -> query -> value.

    Examples
    --------
    >>> one = values_hash({"bm25": {"P@5": {"q1": 0.2, "q2": 0.4}}})
    >>> one == values_hash({"bm25": {"P@5": {"q2": 0.4, "q1": 0.2}}})
    True
    >>> one == values_hash({"bm25": {"P@5": {"q1": 0.2, "q2": 0.4 + 1e-16}}})
    False
    """
    digest = blake2b(digest_size=16)
    for stage in sorted(values):
        for metric in sorted(values[stage]):
            for query in sorted(values[stage][metric]):
                for name in (stage, metric, query):
                    data = name.encode("utf-8", "surrogatepass")
                    digest.update(len(data).to_bytes(8, "little") + data)
                digest.update(pack("<d", values[stage][metric][query]))
    return digest.hexdigest()


def _describe(judge: TextEmbedder | Scorer, instruction: str | None) -> dict[str, Any]:
    model = judge.model
    return {
        "name": model.name,
        "revision": model.revision,
        "source": model.source,
        "family": model.family,
        "max_tokens": model.max_tokens,
        "dimensions": model.dimensions,
        "instruction": instruction_read(model, instruction),
        "prompt_hash": prompt_hash_of(judge, instruction),
        **runs_on_of(judge)._asdict(),
    }


def _numbers(scorer: Scorer) -> dict[str, Any]:
    """What else orders depend on: constants of the formula, and what the models of a cascade read."""
    settings = dict(getattr(scorer, "settings", {}))
    return {"constants": dict(getattr(scorer, "constants", {}))} | (
        {"settings": settings} if settings else {}
    )


def _found_anywhere(path: str) -> str:
    """A path so that it is found from every folder; names of sets stay."""
    return str(Path(path).resolve()) if Path(path).exists() else path
