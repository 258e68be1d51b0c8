"""The page tells what the server did under load, errors included."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Script = Callable[[str], ModuleType]


def phase(statuses: dict[str, int], p99: float) -> dict[str, Any]:
    times = {"p50_seconds": 1.0, "p95_seconds": 2.0, "p99_seconds": p99}
    return {"statuses": statuses, "pairs_per_second": 90.0, **times}


LOAD = {
    "machine": {"cores": 2, "processor": "some processor"},
    "documents": 20,
    "tokens": 128,
    "clients": 64,
    "direct_pairs_per_second": [99.0, 101.0],
    "load": phase({"200": 1234}, 3.0),
    "twice": phase({"200": 1200, "429": 77, "503": 2}, 6.0),
    "share_of_direct": 0.9,
    "p99_ratio": 2.0,
    "memory": [{"requests": n, "megabytes": 500.0 + n / 1000} for n in (0, 1000, 10_000)],
}


@pytest.fixture
def sections(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Sections of the page from results by their names."""
    monkeypatch.setattr(script("page_parts"), "RESULTS", tmp_path)

    def written(**results: Any) -> dict[str, Any]:
        for name, values in results.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(values), "utf-8")
        found: dict[str, Any] = script("serve_page").sections()
        return found

    return written


def test_nothing_measured_is_nothing_told(sections: Callable[..., dict[str, Any]]) -> None:
    assert sections() == {}


def test_load(sections: Callable[..., dict[str, Any]]) -> None:
    command, text = sections(serve_load=LOAD)["The server under load"]
    assert command == 'make bench ARGS="serve_load"'
    for line in (
        "| the engine called directly | 100 |",
        "| 64 clients | 90 | 1.0 | 2.0 | 3.0 | 1,234 | 0 |",
        "| 128 clients | 90 | 1.0 | 2.0 | 6.0 | 1,200, and {'503': 2} | 77 |",
        "| 90% | at least 85% |",
        "| 2.00 times | under 3 |",
        "| memory, from 1,000 to 10,000 requests | 501 to 510 MB | flat |",
    ):
        assert line in text


def test_malformed_bodies(sections: Callable[..., dict[str, Any]]) -> None:
    told = {"bodies": 20_000, "seed": 0, "statuses": {"200": 5, "422": 19_995}, "slowest_seconds": 0.5}
    (_, text) = sections(serve_fuzz=told)["Malformed bodies"]
    assert text.startswith("20,000 bodies (seed 0) on all paths: 5 × 200, 19,995 × 422; no 5xx")


def test_the_start_for_agents(sections: Callable[..., dict[str, Any]]) -> None:
    seconds = {
        "first list of tools": {"median": 0.61, "longest": 0.7},
        "a search": {"median": 1, "longest": 2},
    }
    command, text = sections(mcp_start={"runs": 20, "seconds": seconds})["The start of the server for agents"]
    assert command == 'make bench ARGS="mcp_start"'
    assert "started 20 times" in text
    assert "| first list of tools | 0.61 s | 0.70 s | under a second |" in text
    assert "| a search | 1.00 s | 2.00 s |  |" in text
