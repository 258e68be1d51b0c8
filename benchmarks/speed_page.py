"""The results page on speed and endurance and on the judge, and the table of ``docs/speed.md``."""

from __future__ import annotations

from typing import Any

from page_parts import load, measured, table, with_interval


def engine() -> str:
    result = load("engine_speed")
    parts = [
        f"The carried reranker beside other engines with the same weights (float32 ones are the dequantised "
        f"int8), the same SciFact pairs, {result['threads']} threads, in turns within one run; medians of "
        f"{result['rounds']} rounds. The last column is the mean difference of margins to float32."
    ]
    for title, systems in result["tables"].items():
        rows = [
            [
                name,
                f"{values['pairs_per_second']} ({values['lowest']} to {values['highest']})",
                f"{values['pertinent_is_times']:.2f}",
                f"{values['margin_difference_mean']}",
            ]
            for name, values in systems.items()
        ]
        heads = [title, "pairs per second", "Pertinent is … times as fast", "margin difference"]
        parts.append(table(heads, rows))
    return "\n\n".join(parts)


def pipeline() -> str:
    result, fresh = load("pipeline_speed"), load("fresh_start")
    start, searching = result["start"], result["searching"]
    pace = result["indexing"]["citations_per_second"]
    rows = [
        ["fresh clone to demo finished", f"{fresh['clone to demo finished']:.0f} s", "under 6 minutes"],
        ["· of which installation", f"{fresh['seconds']['install']:.0f} s", ""],
        ["demo, second run", f"{fresh['seconds']['second demo']:.1f} s", "seconds"],
        ["`pertinent --help`", f"{start['pertinent --help']['median']:.2f} s", "under 0.5 s"],
        ["`import pertinent`", f"{start['import pertinent']['median']:.2f} s", "under 0.3 s"],
        ["indexing MEDLINE citations, file to published", f"{pace:.0f} a second", "at least 60"],
        [
            f"search over 5,000 citations, {searching['reranked_at_least']} reranked, models loaded "
            f"(median of {searching['queries']} searches for titles)",
            f"{searching['total_ms']['median'] / 1000:.2f} s",
            "under 1.5 s",
        ],
        ["· of which reranking", f"{searching['rerank_ms']['median'] / 1000:.2f} s", ""],
        ["opening a collection of 5,000 citations", f"{result['opening']['median']:.3f} s", "under 0.3 s"],
    ]
    return table(["what", "measured", "goal"], rows)


def crashes() -> str:
    result = load("crash_store")
    one, four = result["one_writer"], result["four_processes"]
    rows = [
        [during, *(f"{row.get(name, 0):,}" for name in ("kills", "acknowledged", "unfinished", "faults"))]
        for during, row in sorted(one["during"].items())
    ]
    heads = ["killed during", "kills", "documents acknowledged", "operations cut off", "faults"]
    kills = ", ".join(f"{count} of a {kind}" for kind, count in sorted(four["kills"].items()))
    return (
        table(heads, rows)
        + f"\n\nOne writer and three readers in four processes for {four['seconds']:.0f} s, {kills}: "
        f"{four['changes_acknowledged']:,} changes acknowledged, "
        f"{four['generations_checked_by_readers']:,} generations checked by readers, "
        f"{len(four['faults'])} faults. A fault is an acknowledged document lost or doubled, a document with "
        "old and new passages or with neither, or a collection that does not open."
    )


def systems(values: dict[str, Any], limit: float | None = None) -> str:
    """One row for each system that was measured on the same work."""
    heads = ["system", "pairs per second", "times the snippet", "times sentence-transformers torch"]
    heads += ["peak GB", "batch", "largest margin difference"] + (["of the limit"] if limit else [])
    rows = []
    for name, each in values.items():
        if "error" in each:
            rows.append([name, f"does not run: `{each['error']}`"] + [""] * (len(heads) - 2))
            continue
        ratios = (each.get(f"times_{other}") for other in ("snippet", "sentence-transformers torch"))
        rows.append(
            [
                name,
                f"{each['per_second']} ({each['slowest']} to {each['fastest']})",
                *("" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
                f"{each['peak_gb']}",
                "by tokens" if each["batch"] is None else f"{each['batch']}",
                f"{each['margin_difference_max']}",
                *([f"{each['per_second'] / limit:.0%}"] if limit else []),
            ]
        )
    return table(heads, rows)


def reranker_speed() -> str:
    result = load("reranker_speed")
    parts = [
        "Random weights of Qwen3-Reranker-0.6B's shape in bfloat16, the real tokenizer, one query, "
        f"{result['threads']} threads; each system in a process of its own, in turns; medians of "
        f"{result['rounds']} turns from texts to margins, the model loaded. “snippet” is the model card's, "
        "in the largest batch that fits 16 GB. Ratios are of the same turn; the last column is the distance "
        "from the snippet's margins. The OpenVINO engine runs int8; pruning was asked for the first "
        f"{result['kept_by_pruning']}."
    ]
    if remark := result.get("remark"):
        parts.append(remark)
    for title, workload in result["workloads"].items():
        parts.append(
            f"{workload['documents']} {title} of {workload['mean_tail_tokens']:.0f} tokens on average with "
            f"the prompt's end, after {workload['prefix_tokens']} of system prompt, instruction and query:"
        )
        parts.append(systems(workload["systems"]))
    return "\n\n".join(parts)


def reranker_speed_on_gpu() -> str:
    if not measured("reranker_speed_cuda"):
        return (
            "Not measured: no GPU was at hand. On a machine with one: "
            "`python benchmarks/reranker_speed.py --device cuda`."
        )
    result = load("reranker_speed_cuda")
    versions = ", ".join(f"{name} {version}" for name, version in result["peers"].items())
    parts = [
        f"{result['card']}, CUDA {result['cuda']}, {versions}; "
        "`python benchmarks/reranker_speed.py --device cuda`. Random weights in bfloat16, a prefix of 120 "
        "tokens, tails of 180. The limit is what the card's rate for large products "
        f"({result['matmul_tflops']:.0f} TFLOP/s, measured in the same run) would give if nothing else took "
        "time and the prefix were read once."
    ]
    for name, values in result["shapes"].items():
        limit = values["limits"]["prefix_once"]
        parts.append(f"Qwen3-Reranker-{name}, {values['pairs']} pairs, limit {limit:,.0f} pairs per second:")
        parts.append(systems(values["systems"], limit))
    return "\n\n".join(parts)


def judge() -> str:
    result = load("judge_quality")
    int8, pruning = result["int8"], result["pruning"]
    labels = {"bm25": "BM25", "float32": "judge, torch float32", "int8": "judge, OpenVINO int8"}
    rows = [
        [
            label,
            with_interval(result["ndcg"][name]),
            with_interval(result["minus_bm25"][name], "+") if name in result["minus_bm25"] else "",
        ]
        for name, label in labels.items()
    ]
    return "\n\n".join(
        [
            f"`{result['model']}` (family `{result['family']}`, zero-shot, instruction "
            f"“{result['instruction']}”) on {result['queries']} SciFact test queries, the first "
            f"{result['candidates']} BM25 candidates of each, prompt and passage cut to {result['window']} "
            "tokens. In brackets: 95 % bootstrap interval over "
            "queries, in the last column of paired differences.",
            table(["order", "nDCG@10", "minus BM25"], rows),
            f"int8 beside float32 on the same {int8['pairs']} pairs, whose margins have a standard deviation "
            f"of {int8['margin_spread']:.2f}: margin error {int8['error_mean']:.3f} on average, "
            f"{int8['error_95th']:.3f} at the 95th percentile, {int8['error_max']:.3f} at most; Kendall tau "
            f"{int8['kendall_tau_mean']:.3f} on average, {int8['kendall_tau_lowest']:.3f} at worst; "
            f"{int8['shared_in_top']:.1%} of the first ten shared; nDCG@10 "
            f"{with_interval(result['int8_minus_float32'], '+')} against float32.",
            f"Pruning to the first {pruning['top']} of {pruning['candidates']} candidates, same engine: "
            f"the same ten in the same order in {pruning['same_order']} of {result['queries']} queries, the "
            f"same ten in {pruning['same_documents']}, {pruning['shared_in_top']:.1%} of them shared.",
        ]
    )


def steps() -> str:
    result = load("speed_steps")
    rows, before = [], 1.0
    for name, each in result["steps"].items():
        difference = each["margin_difference_max"]
        rows.append(
            [
                name,
                f"{each['per_second']}",
                f"{each['times_first']:.2f}",
                f"{each['times_first'] / before:.2f}",
                "" if difference is None else f"{difference}",
            ]
        )
        before = each["times_first"]
    heads = ["step", "candidates per second", "times the first", "times the step before", "margin difference"]
    return (
        f"{result['candidates']} candidates of {result['mean_tail_tokens']:.0f} tokens on average with "
        f"the prompt's end, behind {result['prefix_tokens']} that they share; random bfloat16 weights of the "
        f"0.6B shape, {result['threads']} threads, medians of {result['rounds']} turns in one process. The "
        "last column is the largest distance from the first row's margins.\n\n" + table(heads, rows)
    )


def sections() -> dict[str, tuple[str, str]]:
    """Title -> (command, text), for everything that was measured."""
    written = {
        "Reranking speed beside other engines": (("engine_speed",), engine),
        "The whole pipeline": (("pipeline_speed", "fresh_start"), pipeline),
        "Kill -9": (("crash_store",), crashes),
        "A Qwen3-Reranker shape beside other systems": (("reranker_speed",), reranker_speed),
        "The same on a GPU": (("reranker_speed",), reranker_speed_on_gpu),
        "A causal model as a judge": (("judge_quality",), judge),
    }
    return {
        title: (f'make bench ARGS="{" ".join(names)}"', text())
        for title, (names, text) in written.items()
        if all(map(measured, names))
    }
