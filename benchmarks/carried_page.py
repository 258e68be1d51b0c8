"""The results page on the carried pair: its targets, what each stage of its making adds, its rebuilding."""

from __future__ import annotations

from collections.abc import Iterable

from carried_targets import CALIBRATED, Values, speeds, targets
from page_parts import load, measured, table
from pertinent.evaluate.report.wording import number, probability, signed, signed_span, span

PAIR, TRIED, ABLATIONS, SPREAD = (f"carried/{part}" for part in ("pair", "tried", "ablations", "spread"))

CHOSEN = (
    "This pair follows others whose figures on these sets were known (see “Pairs that were tried”). Its "
    "second teacher was taken because of 150 train queries each of SciFact and NFCorpus "
    "(`python benchmarks/fit_teachers.py`)."
)
"""Said beside the figures: what chooses is no unseen result."""


def sections() -> dict[str, tuple[str, str]]:
    """Title -> (command, text), for everything that was measured."""
    written = {
        "The carried pair and its targets": (PAIR, "python benchmarks/carried_pair.py", pair),
        "Pairs that were tried": (TRIED, "python benchmarks/carried_tried.py", tried),
        "What each stage of training adds": (ABLATIONS, "python benchmarks/carried_ablations.py", ablations),
        "Building the pair again": (SPREAD, "python benchmarks/carried_spread.py", spread),
    }
    return {title: (command, text()) for title, (name, command, text) in written.items() if measured(name)}


def pair() -> str:
    """The carried pair: its targets, then all that was measured."""
    result = load(PAIR)
    parts = [f"{models(result['models'])}. Targets are those that the pair was made for. {CHOSEN}"]
    if rows := [
        [what, target, found, "yes" if met else "no"] for what, target, found, met in targets(result)
    ]:
        parts.append(table(["what", "target", "found", "met"], rows))
    for name, text in {"quality": quality, "calibration": calibration, "speed": speed}.items():
        if name in result:
            parts.append(text(result[name]))
    return "\n\n".join(parts)


def models(named: Values) -> str:
    """Names, revisions and constants of a pair."""
    embedder = named["embedder"]
    if "reranker" not in named:
        return f"`{embedder['name']}` {embedder['revision']}"
    reranker = named["reranker"]
    constants = ", ".join(f"{name} {value}" for name, value in reranker["constants"].items())
    return (
        f"`{embedder['name']}` {embedder['revision']} and `{reranker['name']}` {reranker['revision']}"
        f" ({constants})"
    )


def quality(values: Values) -> str:
    """Stages and gain on each set."""
    heads = ["set", "queries", "first stage", "margin alone", "final", "gain", "p", "p corrected"]
    rows = []
    for name, each in values["sets"].items():
        gain = each["gain"]
        taken, judged = each["queries"], each["judged_queries"]
        rows.append(
            [
                f"{name} {each['split']}",
                f"{taken:,}" if taken == judged else f"{taken:,} of {judged:,}",
                *(
                    f"{number(stage['mean'])} ({span(stage['interval'])})"
                    for stage in (each["stages"][key] for key in (each["baseline"], "rerank", "final"))
                ),
                f"{signed(gain['difference'])} ({signed_span(gain['interval'])})",
                probability(gain["p"]),
                "" if gain["p_holm"] is None else probability(gain["p_holm"]),
            ]
        )
    mean = values["mean_gain"]
    return "\n\n".join(
        [
            "nDCG@10; the first stage is the pair's own RRF, or the order that candidates came in, of which "
            f"the first {values['candidates']} are reranked. Gain is final minus first stage on the same "
            "queries, tested by paired randomisation, p corrected by Holm's method over the sets of the "
            "mean. In brackets: 95 % bootstrap intervals.",
            table(heads, rows),
            f"Mean gain over {', '.join(mean['sets'])}, each set counting the same: "
            f"{signed(mean['difference'])} ({signed_span(mean['interval'])}), queries drawn within each set.",
        ]
    )


def calibration(values: Values) -> str:
    """Calibration error and thresholds on each set."""
    rows, thresholds = [], []
    for name, each in values["sets"].items():
        label, found = CALIBRATED.get(name, name), each["quality"]
        rows.append(
            [
                label,
                f"{each['pairs']:,}",
                f"{each['relevant']:,}",
                f"{number(found['ece'])} ({span(each['ece_interval'])})",
                number(found["ece_adaptive"]),
                number(found["brier"]),
                number(each["base"]["brier"]),
            ]
        )
        thresholds += [
            [
                label,
                f"{one['wanted']}",
                f"{one['threshold']}",
                precision,
                number(one["recall"]),
                f"{one['pairs']:,}",
            ]
            for one in each["thresholds"]
            if one["threshold"] is not None
            for precision in (f"{number(one['precision'])} ({span(one['interval'])})",)
        ]
    heads = ["pairs of", "pairs", "answers", "ECE", "ECE, equal mass", "Brier", "Brier of the share"]
    return "\n\n".join(
        [
            "Calibration of the reranker's own probability on candidates that no training used; what nobody "
            f"judged counts as no answer. ECE has {values['bins']} bins; in brackets its 95 % bootstrap "
            "interval over queries, which leans upwards. The last column is what the share of answers as the "
            "probability of each pair would have.",
            table(heads, rows),
            "The smallest threshold of probability whose pairs have the precision wanted; a line that is "
            "missing means that none has.",
            table(
                ["pairs of", "precision wanted", "threshold", "precision", "recall", "pairs kept"], thresholds
            ),
        ]
    )


def speed(values: Values) -> str:
    """Pace of each model on each workload."""
    rows = []
    for title, each in speeds(values):
        size = (
            f"{each['pairs']} pairs, {each['mean_tokens']:.0f} tokens"
            if "pairs" in each
            else f"{each['documents']}"
        )
        for label, one in each["systems"].items():
            pace = f"{one['per_second']} ({one['lowest']} to {one['highest']})"
            rows.append([title, size, label, pace, f"{one['times']:.2f}"])
    machine = values.get("card", {}).get("machine", {})
    on = f" of {machine['processor']}" if machine else ""
    named = "; ".join(
        f"{kind} {', '.join(f'{label} {name}' for label, name in each.items())}"
        for kind, each in values["models"].items()
    )
    return "\n\n".join(
        [
            f"Speed in the same engine, {values['threads']} threads{on}, same texts, in turns; medians of "
            f"{values['rounds']} rounds, ratios of the same round ({named}).",
            table(["texts", "size", "model", "per second", f"times {values['baseline']}"], rows),
        ]
    )


def tried() -> str:
    """Pairs that were not shipped, and what they reached of each target."""
    pairs = load(TRIED)["pairs"]
    whats = list(dict.fromkeys(what for each in pairs.values() for what in each["targets"]))
    rows = [[what, *(_reached(each["targets"].get(what)) for each in pairs.values())] for what in whats]
    told = "; ".join(f"{name}: {models(each['models'])}" for name, each in pairs.items())
    return "\n\n".join(
        [
            "Pairs that came before the carried one, measured as it was; what met its target is bold. "
            f"{told}.",
            table(["target", *pairs], rows),
        ]
    )


def _reached(target: Values | None) -> str:
    if target is None:
        return ""
    return f"**{target['found']}**" if target["met"] else str(target["found"])


def ablations() -> str:
    """Several pairs, each beside the one it is compared with."""
    result = load(ABLATIONS)
    names = next(iter(result["rows"].values()))["mean_gain"]["sets"]
    timed = dict(speeds(result.get("speed", {})))
    heads = ["pair", "compared with", "final minus that one's", "mean gain", "ECE", *names]
    heads += [f"{title}, times" for title in timed]
    few = f", of at most {result['limit']} queries each" if result.get("limit") else ""
    rows = []
    for name, each in result["rows"].items():
        minus, gain = each["minus"], each["mean_gain"]
        rows.append(
            [
                name,
                each["against"] or "",
                f"{signed(minus['difference'])} ({signed_span(minus['interval'])})" if minus else "",
                f"{signed(gain['difference'])} ({signed_span(gain['interval'])})",
                number(each["calibration"]["all"]["ece"]),
                *(_first_and_final(each["sets"][one]) for one in names),
                *(f"{one['systems'][name]['times']:.2f}" for one in timed.values()),
            ]
        )
    return "\n\n".join(
        [
            "Each row is a pair of models. Its final order minus that of the pair it is compared with is a "
            f"mean over {len(names)} sets{few}, each set counting the same; mean gain is final minus the "
            "pair's own first stage. All have the carried reranker's calibration and constants. The columns "
            "of sets are nDCG@10 of first stage and final. In brackets: 95 % "
            "bootstrap intervals, queries drawn within each set.",
            table(heads, rows),
        ]
    )


def _first_and_final(found: Values) -> str:
    return " → ".join(number(found["stages"][stage]["mean"]) for stage in (found["baseline"], "final"))


def spread() -> str:
    """Two builds of one configuration, figure by figure."""
    result = load(SPREAD)
    rows = [
        [name, number(each["first"]), number(each["second"]), signed(each["difference"])]
        for name, each in result["figures"].items()
    ]
    revisions = " and ".join(models(each) for each in result["models"])
    return "\n\n".join(
        [
            f"Built twice from one configuration: {revisions}. The largest distance of a figure is "
            f"{number(largest(result['figures'].values()))}.",
            table(["figure", "first", "second", "difference"], rows),
        ]
    )


def largest(figures: Iterable[Values]) -> float:
    """The largest distance, whichever way."""
    return max(abs(float(each["difference"])) for each in figures)
