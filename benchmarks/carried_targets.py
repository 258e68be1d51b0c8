"""What the carried pair was made to reach, and whether it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pertinent.evaluate.report.wording import ALPHA, number, signed, signed_span

LEAST_NDCG, LEAST_GAIN, MOST_BELOW, LEAST_TIMES, MOST_ECE = 0.74, 0.02, 0.03, 1.8, 0.05
"""Targets of the pair: nDCG@10 on SciFact, gain on NFCorpus, distance from the peer on TREC DL19, pairs a
second beside the peer, calibration error."""

Values = Mapping[str, Any]
CALIBRATED = {"all": "all pairs together"}
INDEXING = "documents embedded"


def targets(result: Values) -> Iterator[tuple[str, str, str, bool]]:
    """What was asked for, what was found, and whether that is enough; what was not measured is left out."""
    if "quality" in result:
        yield from quality_targets(result["quality"], result.get("peer"))
    for title, each in speeds(result.get("speed", {})):
        least = 1.0 if title == INDEXING else LEAST_TIMES
        times = each["systems"]["pair"]["times"]
        yield f"{title}: times as fast as the peer", f"at least {least}", f"{times:.2f}", times >= least
    for name, each in result.get("calibration", {}).get("sets", {}).items():
        ece = each["quality"]["ece"]
        yield (
            f"calibration error, {CALIBRATED.get(name, name)}",
            f"at most {MOST_ECE}",
            number(ece),
            ece <= MOST_ECE,
        )


def quality_targets(found: Values, peer: Values | None) -> Iterator[tuple[str, str, str, bool]]:
    """Targets of ranking; those beside the peer where it was measured on as many queries."""
    sets = found["sets"]
    theirs = {
        name: each
        for name, each in (peer["sets"] if peer else {}).items()
        if each["queries"] == sets[name]["queries"]
    }
    for name in ("scifact", "nfcorpus"):
        if name in theirs:
            ours, least = (each[name]["stages"]["rrf"]["mean"] for each in (sets, theirs))
            yield f"RRF, {name}", f"at least the peer's {number(least)}", number(ours), ours >= least
    mean = found["mean_gain"]
    low, _ = mean["interval"]
    shown = f"{signed(mean['difference'])} ({signed_span(mean['interval'])})"
    yield f"mean gain over {len(mean['sets'])} sets", "interval above 0", shown, low > 0
    worse = [
        name
        for name in mean["sets"]
        if sets[name]["gain"]["difference"] < 0 and sets[name]["gain"]["p_holm"] < ALPHA
    ]
    yield "sets significantly below the first stage", "none", ", ".join(worse) or "none", not worse
    final = sets["scifact"]["stages"]["final"]["mean"]
    yield "final, scifact", f"at least {LEAST_NDCG}", number(final), final >= LEAST_NDCG
    gain = sets["nfcorpus"]["gain"]["difference"]
    yield "gain, nfcorpus", f"at least +{LEAST_GAIN}", signed(gain), gain >= LEAST_GAIN
    given = "trec_dl19_bm25"
    if given in theirs:
        ours, other = (each[given]["stages"]["final"]["mean"] for each in (sets, theirs))
        target = f"at most {MOST_BELOW} below the peer's {number(other)}"
        yield f"final, {given}", target, number(ours), ours >= other - MOST_BELOW


def speeds(values: Values) -> Iterator[tuple[str, Values]]:
    """Title and systems of each workload."""
    yield from values.get("reranking", {}).items()
    if "indexing" in values:
        yield INDEXING, values["indexing"]
