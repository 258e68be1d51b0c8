"""The results page on the servers: load, memory, malformed bodies, and how soon one for agents is there."""

from __future__ import annotations

from typing import Any

from page_parts import load, measured, table

LEAST_SHARE, MOST_P99 = 0.85, 3.0
"""Of the engine's own throughput, and how much slower the slowest answers may get at twice the load."""


def under_load() -> str:
    result = load("serve_load")
    alone = sum(result["direct_pairs_per_second"]) / len(result["direct_pairs_per_second"])
    phases = ((result["clients"], result["load"]), (2 * result["clients"], result["twice"]))
    rows = [
        ["the engine called directly", f"{alone:.0f}", "", "", "", "", ""],
        *([f"{clients} clients", *_phase(phase)] for clients, phase in phases),
    ]
    heads = ["who asks", "pairs per second", "P50", "P95", "P99", "answered", "told 429"]
    first, last = result["memory"][1], result["memory"][-1]
    targets = [
        [
            "throughput beside the engine alone",
            f"{result['share_of_direct']:.0%}",
            f"at least {LEAST_SHARE:.0%}",
        ],
        [
            "P99 of accepted requests, twice the load",
            f"{result['p99_ratio']:.2f} times",
            f"under {MOST_P99:.0f}",
        ],
        [
            f"memory, from {first['requests']:,.0f} to {last['requests']:,.0f} requests",
            f"{first['megabytes']:.0f} to {last['megabytes']:.0f} MB",
            "flat",
        ],
    ]
    return "\n\n".join(
        [
            f"Carried reranker on {result['machine']['cores']} cores of {result['machine']['processor']}; "
            f"requests of {result['documents']} documents of {result['tokens']} tokens; clients ask again as "
            "soon as they have an answer, wait for Retry-After, and run in a process of their own on the "
            "same cores. Times are those of answered requests in seconds.",
            table(heads, rows),
            table(["what", "measured", "goal"], targets),
        ]
    )


def _phase(phase: dict[str, Any]) -> list[str]:
    statuses = phase["statuses"]
    others = {status: count for status, count in statuses.items() if status not in ("200", "429")}
    answered = f"{statuses.get('200', 0):,}" + (f", and {others}" if others else "")
    times = (f"{phase[name]:.1f}" for name in ("p50_seconds", "p95_seconds", "p99_seconds"))
    return [f"{phase['pairs_per_second']:.0f}", *times, answered, f"{statuses.get('429', 0):,}"]


def malformed() -> str:
    result = load("serve_fuzz")
    statuses = ", ".join(f"{count:,} × {status}" for status, count in result["statuses"].items())
    return (
        f"{result['bodies']:,} bodies (seed {result['seed']}) on all paths: {statuses}; no 5xx, "
        f"no traceback, the slowest answer after {result['slowest_seconds']:.2f} s."
    )


def agents() -> str:
    result = load("mcp_start")
    goals = {"first list of tools": "under a second"}
    rows = [
        [what, f"{seconds['median']:.2f} s", f"{seconds['longest']:.2f} s", goals.get(what, "")]
        for what, seconds in result["seconds"].items()
    ]
    return "\n\n".join(
        [
            f"`pertinent mcp` started {result['runs']} times by the SDK's client over stdio, from the "
            "process on; the search waits until the carried pair is loaded, and is reranked.",
            table(["what a client waits for", "median", "longest", "goal"], rows),
        ]
    )


def sections() -> dict[str, tuple[str, str]]:
    """Title -> (command, text), for everything that was measured."""
    written = {
        "The server under load": ("serve_load", under_load),
        "Malformed bodies": ("serve_fuzz", malformed),
        "The start of the server for agents": ("mcp_start", agents),
    }
    return {
        title: (f'make bench ARGS="{name}"', text())
        for title, (name, text) in written.items()
        if measured(name)
    }
