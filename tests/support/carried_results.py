"""Results of ``benchmarks/carried_pair.py`` and its relatives, made by hand."""

from __future__ import annotations

from typing import Any

MODELS = {
    "embedder": {"name": "new-embedder", "revision": "abc", "max_tokens": 256},
    "reranker": {
        "name": "new-reranker",
        "revision": "def",
        "max_tokens": 512,
        "constants": {"weight": 0.6, "temperature": 3.0},
    },
}
SEARCHED = {"scifact": 0.7, "nfcorpus": 0.33, "pubmedqa": 0.99, "bioasq": 0.72, "evidence_inference": 0.93}
GIVEN = {"trec_dl19_bm25": 0.5, "mediqa2019_qa": 0.91}
SPLITS = dict.fromkeys(("nfcorpus", "bioasq", "evidence_inference", "mediqa2019_qa"), "dev")
"""Of sets that are not measured on their test split."""
REPORTED = "mediqa2019_qa"
GAIN = 0.05


def measured_set(name: str, first: float, gain: float = GAIN) -> dict[str, Any]:
    """One set with its first stage's mean and what reranking adds."""
    own = ("first_stage",) if name in GIVEN else ("bm25", "dense", "rrf")
    levels = dict.fromkeys(own, first) | {"rerank": first + gain / 2, "final": first + gain}
    return {
        "split": SPLITS.get(name, "test"),
        "queries": 100,
        "judged_queries": 300,
        "data_hash": f"hash of {name}",
        "baseline": own[-1],
        "stages": {
            stage: {"mean": mean, "interval": [mean - 0.02, mean + 0.02]} for stage, mean in levels.items()
        },
        "gain": {
            "difference": gain,
            "interval": [gain - 0.03, gain + 0.03],
            "p": 0.01,
            "p_holm": None if name == REPORTED else 0.04,
        },
    }


def quality() -> dict[str, Any]:
    return {
        "limit": None,
        "candidates": 50,
        "sets": {name: measured_set(name, first) for name, first in {**SEARCHED, **GIVEN}.items()},
        "mean_gain": {
            "sets": [*SEARCHED, "trec_dl19_bm25"],
            "difference": GAIN,
            "interval": [GAIN - 0.01, GAIN + 0.01],
        },
    }


def calibrated(ece: float) -> dict[str, Any]:
    good = {"ece": ece, "ece_adaptive": ece + 0.001, "brier": 0.05, "log_loss": 0.2}
    return {
        "queries": 30,
        "pairs": 1500,
        "relevant": 90,
        "quality": good,
        "base": good | {"brier": 0.056},
        "ece_interval": [ece - 0.01, ece + 0.012],
        "thresholds": [
            {
                "wanted": 0.8,
                "threshold": 0.612,
                "precision": 0.805,
                "recall": 0.41,
                "interval": [0.75, 0.84],
                "pairs": 46,
            },
            {
                "wanted": 0.95,
                "threshold": None,
                "precision": None,
                "recall": None,
                "interval": None,
                "pairs": 0,
            },
        ],
    }


def calibration() -> dict[str, Any]:
    return {"limit": None, "bins": 15, "sets": {"bioasq": calibrated(0.04), "all": calibrated(0.03)}}


def speed(labels: tuple[str, ...], baseline: str) -> dict[str, Any]:
    """Each label is half as fast as the one before; the last is the baseline."""
    paces = {label: 50.0 * 2 ** (len(labels) - place) for place, label in enumerate(labels, start=1)}

    def systems() -> dict[str, Any]:
        return {
            label: {"per_second": p, "lowest": p - 1, "highest": p + 1, "times": p / paces[baseline]}
            for label, p in paces.items()
        }

    return {
        "threads": 2,
        "rounds": 5,
        "baseline": baseline,
        "models": {
            kind: {label: f"{label}-{kind} 123" for label in labels} for kind in ("rerankers", "embedders")
        },
        "reranking": {
            title: {"pairs": 400, "mean_tokens": 311.4, "systems": systems()} for title in ("long", "short")
        },
        "indexing": {"documents": 256, "systems": systems()},
    }


def pair_result() -> dict[str, Any]:
    """All parts of one pair."""
    theirs = {name: measured_set(name, first) for name, first in {**SEARCHED, **GIVEN}.items()}
    named = ("scifact", "nfcorpus", "trec_dl19_bm25")
    return {
        "models": MODELS,
        "quality": quality(),
        "peer": {"models": MODELS, "sets": {name: theirs[name] for name in named}},
        "calibration": calibration(),
        "speed": speed(("pair", "peer"), "peer"),
    }


def ablation_rows() -> dict[str, Any]:
    """Two pairs and their speed."""

    def row(against: str | None) -> dict[str, Any]:
        return {
            "models": MODELS,
            "against": against,
            "minus": None if against is None else {"difference": 0.012, "interval": [0.002, 0.021]},
            **quality(),
            "calibration": {"all": {"ece": 0.031, "interval": [0.02, 0.04]}},
        }

    return {
        "limit": None,
        "rows": {"base": row(None), "taught": row("base")},
        "speed": speed(("taught", "base"), "base"),
    }
