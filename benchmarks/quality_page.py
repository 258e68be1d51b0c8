"""The results page on quality: one table for each kind of set, and what reranking adds, with its tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from page_parts import load, measured, table
from pertinent.engine.catalogue import CARRIED
from pertinent.engine.model_folder import open_model_folder
from pertinent.evaluate.report.wording import number, probability, signed, signed_span, span
from pertinent.evaluate.statistics.significance import compare, holm
from quality_sets import GRADED, MEASURES, SETS, Table

Results: TypeAlias = dict[str, dict[str, Any]]
"""Name of a set -> what was measured."""

LABELS = {
    "bm25": "BM25",
    "dense": "dense",
    "rrf": "RRF",
    "first_stage": "as given",
    "rerank": "margin alone",
    "final": "final",
}
RERANKED = "final"
WITH_INTERVAL = 2
"""So many measures are shown with their intervals; those of the others stand in the results."""

PUBLISHED = (
    ("SciFact test, BM25, title and text in one field, k1 0.9, b 0.4", "scifact_flat", "bm25", 0.679),
    ("TREC DL 2019, the given BM25 candidates", "trec_dl19_bm25", "first_stage", 0.5058),
)
"""nDCG@10 of BEIR's flat BM25 baseline (Kamalloo et al. 2023), and of Anserini's BM25 on MS MARCO."""


def sections() -> dict[str, tuple[str, str]]:
    """Title -> (command, text), for each kind of set of which something was measured."""
    written = {
        "Quality": ("english", english),
        "Quality on given candidates": ("candidates", candidates),
        "Quality in other languages": ("multilingual", multilingual),
        "Memory of conversations": ("memory", memory),
        "Citation screening": ("screening", screening),
        "Beside published figures": ("published", published),
    }
    found = {}
    for title, (name, text) in written.items():
        if results_of(name):
            found[title] = (f"python benchmarks/quality.py {name}", text())
    return found


def results_of(*tables: str) -> Results:
    """What was measured of the sets of these tables, in their order."""
    return {
        each.name: load(f"quality/{each.name}")
        for each in SETS
        if each.table in tables and measured(f"quality/{each.name}")
    }


def english() -> str:
    results = results_of("english")
    card = next(iter(results.values()))["card"]
    return _paragraphs(
        [
            _method(card),
            _means(results, MEASURES["english"]),
            _missing("english"),
            _what_reranking_adds("RRF") + " " + _corrected_over(),
            _gains(results, _holm_of_both()),
        ]
    )


def candidates() -> str:
    results = results_of("candidates")
    graded = ", ".join(each.name for each in SETS if each.measures == GRADED)
    return _paragraphs(
        [
            "The first stage is the order that the candidates came in. For "
            f"{graded} grades of 2 and more count as relevant, except in nDCG.",
            _means(results, MEASURES["candidates"]),
            _missing("candidates"),
            _what_reranking_adds("the given order") + " " + _corrected_over(),
            _gains(results, _holm_of_both()),
        ]
    )


def multilingual() -> str:
    results = results_of("multilingual")
    names = [model["name"] for model in _models(next(iter(results.values()))["card"])]
    languages = ", ".join(f"{name} {result['card']['bm25']['language']}" for name, result in results.items())
    corrected = _holm(results)
    return _paragraphs(
        [
            f"Both carried models, {' and '.join(names)}, were trained on English alone. These figures show "
            "what happens where they are used all the same; for such documents a multilingual embedder and "
            f"reranker are the choice ([models.md](models.md)). Language of BM25: {languages}; none stands "
            "for neither stop words nor a stemmer.",
            _means(results, MEASURES["multilingual"]),
            _missing("multilingual"),
            _what_reranking_adds("RRF") + f" Corrected over the {len(corrected)} sets of this table.",
            _gains(results, corrected),
        ]
    )


def memory() -> str:
    results = results_of("memory")
    names = MEASURES["memory"]
    parts = [
        "Each turn of a conversation is a document, each question a query that finds turns of its own "
        "conversation only; relevant are the turns that its evidence names.",
        _means(results, names),
        _missing("memory"),
        _what_reranking_adds("RRF") + f" Corrected over the {len(results)} sets.",
        _gains(results, _holm(results)),
    ]
    for name, result in results.items():
        heads = ["questions", "queries", *(f"{m}, {s}" for m in names for s in ("RRF", "final"))]
        rows = [
            [
                group,
                f"{values['queries']:,}",
                *(number(values["stages"][stage][m]) for m in names for stage in ("rrf", RERANKED)),
            ]
            for group, values in result["groups"].items()
        ]
        parts += [f"{name} by type of question, without reranking (RRF) and with it:", table(heads, rows)]
    return _paragraphs(parts)


def screening() -> str:
    results = results_of("screening")
    measure = MEASURES["screening"][0]
    values = {
        stage: {name: result["stages"][stage][measure] for name, result in results.items()}
        for stage in next(iter(results.values()))["stages"]
    }
    request = next(iter(results.values()))["card"]["request"]
    ways = {"resamples": request["resamples"], "seed": request["seed"]}
    compared = [
        compare(stage, "bm25", measure, values[stage], values["bm25"], **ways)
        for stage in values
        if stage != "bm25"
    ]
    corrected = holm([each.p for each in compared])
    rows = [[name, *(number(values[stage][name]) for stage in values)] for name in results]
    means = [number(sum(each.values()) / len(each)) for each in values.values()]
    heads = ["stage", "minus BM25", "better", "worse", "equal", "p", "p corrected"]
    differences = [
        [
            LABELS[each.stage],
            f"{signed(each.difference)} ({signed_span(each.interval)})",
            *(f"{count}" for count in (each.wins, each.losses, each.ties)),
            probability(each.p),
            probability(p),
        ]
        for each, p in zip(compared, corrected, strict=True)
    ]
    return _paragraphs(
        [
            "All records of a review are ranked by its topic alone, with no answer of a reviewer. "
            f"{measure} is work saved over sampling at 95 % recall (Cohen et al. 2006): the share of records "
            "behind the rank where 95 % of the included ones are found, less the 5 % that leaving out at "
            "random would save.",
            table(
                ["review", *(LABELS[stage] for stage in values)], [*rows, [f"mean of {len(rows)}", *means]]
            ),
            _missing("screening"),
            f"{measure} against BM25, paired over the reviews:",
            table(heads, differences),
        ]
    )


def published() -> str:
    rows = []
    for what, name, stage, figure in PUBLISHED:
        if measured(f"quality/{name}"):
            result = load(f"quality/{name}")
            found = result["stages"][stage]["nDCG@10"]
            rows.append(
                [what, f"{result['queries']:,}", number(found), number(figure), signed(found - figure)]
            )
    return table(["order", "queries", "nDCG@10 here", "published", "difference"], rows)


def _paragraphs(parts: Iterable[str]) -> str:
    return "\n\n".join(filter(None, parts))


def _method(card: Mapping[str, Any]) -> str:
    request = card["request"]
    models = " and ".join(f"`{model['name']}` {model['revision']}" for model in _models(card))
    (reranker,) = card["rerankers"].values()
    weight, temperature = (reranker["constants"][name] for name in ("weight", "temperature"))
    return (
        f"{'The' if _carried_now(card) else 'An earlier'} carried pair, {models}, measured by "
        f"`pertinent evaluate`: first-stage lists of {request['candidates']}, the first "
        f"{request['candidates']} of the fused list reranked. “margin "
        "alone” sorts them by the reranker's margin, “final” as search does (weight "
        f"{weight}, temperature {temperature}, chosen on train splits by `python benchmarks/fit_final.py`). "
        "A set with two numbers of queries is a sample: those whose ids have the smallest hashes. In "
        f"brackets: 95 % bootstrap interval over queries, {request['resamples']:,} resamples; the best "
        "mean of a set is bold."
    )


def _carried_now(card: Mapping[str, Any]) -> bool:
    """Whether these are the models that travel in the package today."""
    folders = [CARRIED / model["name"] for model in _models(card)]
    return all(
        folder.is_dir() and open_model_folder(folder).info.revision == model["revision"]
        for folder, model in zip(folders, _models(card), strict=True)
    )


def _models(card: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [card["embedder"], *card["rerankers"].values()]


def _means(results: Results, heads: Sequence[str]) -> str:
    rows = []
    for name, result in results.items():
        measures = list(next(iter(result["stages"].values())))
        best = {m: max(round(means[m], 3) for means in result["stages"].values()) for m in measures}
        for stage, means in result["stages"].items():
            cells = []
            for place, measure in enumerate(measures):
                mean = number(means[measure])
                text = f"**{mean}**" if round(means[measure], 3) == best[measure] else mean
                interval = result["intervals"][stage][measure]
                cells.append(f"{text} ({span(interval)})" if place < WITH_INTERVAL else text)
            rows.append([f"{name} {result['split']}", _queries(result), LABELS[stage], *cells])
    return table(["set", "queries", "stage", *heads], rows)


def _queries(result: Mapping[str, Any]) -> str:
    taken, all_of_them = result["queries"], result["judged_queries"]
    return f"{taken:,}" if taken == all_of_them else f"{taken:,} of {all_of_them:,}"


def _missing(name: Table) -> str:
    """A line that names what is still to be measured; empty where nothing is."""
    missing = [each.name for each in SETS if each.table == name and not measured(f"quality/{each.name}")]
    return f"Not measured yet: {', '.join(missing)}." if missing else ""


def _what_reranking_adds(baseline: str) -> str:
    return (
        f"What reranking adds: nDCG@10 of “final” minus that of {baseline}, on the same queries, tested "
        "by paired randomisation, p corrected by Holm's method."
    )


def _corrected_over() -> str:
    return f"Corrected over all {len(_holm_of_both())} sets of English retrieval and of given candidates."


def _gains(results: Results, corrected: Mapping[str, float]) -> str:
    heads = ["set", "difference", "better", "worse", "equal", "p", "p corrected"]
    rows = []
    for name, result in results.items():
        found = _gain(result)
        rows.append(
            [
                f"{name} {result['split']}",
                f"{signed(found['difference'])} ({signed_span(found['interval'])})",
                *(f"{found[count]:,}" for count in ("wins", "losses", "ties")),
                probability(found["p"]),
                probability(corrected[name]),
            ]
        )
    return table(heads, rows)


def _gain(result: Mapping[str, Any]) -> dict[str, Any]:
    """The comparison of the reranked order with the baseline by nDCG@10."""
    found: Iterable[dict[str, Any]] = result["comparisons"]
    return next(each for each in found if each["stage"] == RERANKED and each["metric"] == "nDCG@10")


def _holm(results: Results) -> dict[str, float]:
    p_values = [_gain(result)["p"] for result in results.values()]
    return dict(zip(results, holm(p_values), strict=True))


def _holm_of_both() -> dict[str, float]:
    return _holm(results_of("english", "candidates"))
