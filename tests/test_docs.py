"""The pages tell the truth where a machine can see it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
WRITTEN = ROOT / "docs" / "results.md"

WRITTEN_PART = re.compile(r"<!-- written by benchmarks/write_docs\.py -->.*?<!-- end -->", re.DOTALL)
METRIC = r"(?:nDCG|MRR|MAP|WSS|ECE|Brier|[PR]@\d+|[Rr]ecall@\d+)"
FIGURE = r"(?<![\w.])[01]?\.\d{2,}"
TYPED_FIGURE = re.compile(rf"{METRIC}[^.|]{{0,60}}{FIGURE}|{FIGURE}[^.|]{{0,30}}{METRIC}")
TYPED_CELL = re.compile(r"\|\s*\**[-+−]?\d*\.\d{2,}\**\s*(?:\([^|\n]*\)\s*)?(?=\|)")
TYPED_SPEED = re.compile(r"\d+(?:\.\d+)? (?:times (?:as fast|faster)|pairs (?:per|a) second)")
TYPED = (TYPED_FIGURE, TYPED_CELL, TYPED_SPEED)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    named = re.findall(r"`((?:src|tests|tools|benchmarks|docs)/[\w./-]+\.\w+)`", page.read_text("utf-8"))
    for name in named:
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("page", [page for page in PAGES if page != WRITTEN], ids=lambda page: page.name)
def test_no_figure_is_typed_by_hand(page: Path) -> None:
    text = WRITTEN_PART.sub("", page.read_text("utf-8"))
    found = [match.group() for pattern in TYPED for match in pattern.finditer(text)]
    assert found == [], "say it in words, and let benchmarks/write_docs.py write the figure"


@pytest.mark.parametrize(
    "claim",
    [
        "nDCG@10 of 0.727",
        "0.73 nDCG@10",
        "MAP is\n0.412",
        "3 times as fast",
        "49.8 pairs per second",
        "| set | nDCG@10 |\n|---|---|\n| scifact | 0.73 |",
        "| scifact | **0.727** (0.70 to 0.75) |",
        "| difference | −0.02 |",
    ],
)
def test_a_typed_figure_would_be_seen(claim: str) -> None:
    assert any(pattern.search(claim) for pattern in TYPED)


def checked(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "benchmarks/write_docs.py", "--check"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_the_pages_show_what_was_measured() -> None:
    done = checked(ROOT)
    assert done.returncode == 0, done.stderr


def edit_the_page(root: Path) -> None:
    page = root / "docs" / "results.md"
    page.write_text(page.read_text("utf-8").replace("| 1.00 |", "| 1.01 |", 1), "utf-8")


def edit_the_table_of_speed(root: Path) -> None:
    page = root / "docs" / "speed.md"
    page.write_text(page.read_text("utf-8").replace("| 1.00 |", "| 1.01 |", 1), "utf-8")


def edit_what_no_page_shows(root: Path) -> None:
    result = root / "benchmarks" / "results" / "crash_store.json"
    values = json.loads(result.read_text("utf-8"))
    values["measured"] = "2001-01-01"
    result.write_text(json.dumps(values), "utf-8")


def take_a_result_away(root: Path) -> None:
    (root / "benchmarks" / "results" / "judge_quality.json").unlink()


def take_the_page_away(root: Path) -> None:
    (root / "docs" / "results.md").unlink()


@pytest.mark.parametrize(
    "change",
    [
        edit_the_page,
        edit_the_table_of_speed,
        edit_what_no_page_shows,
        take_a_result_away,
        take_the_page_away,
    ],
)
def test_results_and_pages_cannot_part(change: Callable[[Path], None], tmp_path: Path) -> None:
    for name in ("benchmarks", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    change(tmp_path)
    done = checked(tmp_path)
    assert done.returncode == 1
    assert "differs from the results" in done.stderr


def test_the_first_example_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    first = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[0]
    exec(first, {})
    assert capsys.readouterr().out.splitlines()[0].endswith("Metformin lowers blood glucose.")
