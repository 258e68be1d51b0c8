"""Tests mirror the source: each module has a test of its name, or a word here on where it is tested."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SOURCE = TESTS.parent / "src" / "pertinent"
MODULES = sorted(
    path.relative_to(SOURCE).with_suffix("").as_posix()
    for path in SOURCE.rglob("*.py")
    if not path.name.startswith("__")
)

NOTHING_TO_RUN = {
    "embedders/protocol", "engine/causal", "ingest/protocol",
    "families/bert", "families/carried", "families/tokens",
    "providers/calls", "providers/fields", "train/place",
}  # fmt: skip
"""Protocols, records and names; whoever uses them tests them."""

ELSEWHERE = {
    **{module: "providers/test_dialect" for module in MODULES if module.startswith("providers/dialects/")},
    "mcp/answers": "mcp/test_server",
    "mcp/searching": "mcp/test_server",
    "mcp/task": "mcp/test_server",
    "mcp/tools": "mcp/test_server",
    "mcp/writing": "mcp/test_stdio",
    "serve/service": "serve/test_load",
    "store/writing": "store/test_protocol",
    "store/server/layout": "store/test_protocol",
    "store/server/view": "store/test_protocol",
    "store/server/writer": "store/test_protocol",
}
"""What only does its work among others, and the suite that drives all of them."""


def own_test(module: str) -> Path:
    return TESTS / Path(module).with_name(f"test_{Path(module).name}.py")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_tested_under_its_name(module: str) -> None:
    excused = module in NOTHING_TO_RUN or module in ELSEWHERE
    assert own_test(module).is_file() is not excused, "one of the two: a test of its name, or a word here"


def test_what_is_excused_is_there_and_tested() -> None:
    assert NOTHING_TO_RUN | ELSEWHERE.keys() <= set(MODULES)
    assert [suite for suite in ELSEWHERE.values() if not (TESTS / f"{suite}.py").is_file()] == []
