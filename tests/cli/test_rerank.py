from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import Run

LINES = "It rained.\n\nMetformin lowers glucose.\nGlucose is a sugar.\n"
QUERY = "What lowers glucose?"


def test_lines_come_out_best_first(run: Run) -> None:
    done = run("rerank", QUERY, stdin=LINES)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].endswith("Metformin lowers glucose.")
    assert len(done.stdout.splitlines()) == 3


def test_json_lines_and_nothing_else_on_stdout(run: Run) -> None:
    done = run("rerank", QUERY, "--json", "--top-k", "2", stdin=LINES)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["rank"] for row in rows] == [1, 2]
    assert rows[0]["index"] == 1
    assert rows[0]["margin"] > rows[1]["margin"]


def test_json_lines_in_keep_their_ids(run: Run, notes: Path) -> None:
    done = run("rerank", "Which drug is a tablet?", str(notes), "--json")
    assert json.loads(done.stdout.splitlines()[0])["id"] == "a"


def test_a_threshold_is_a_probability(run: Run) -> None:
    done = run("rerank", QUERY, "--threshold", "0.5", "--json", stdin=LINES)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows
    assert all(row["probability"] >= 0.5 for row in rows)


def test_nothing_in_nothing_out(run: Run) -> None:
    assert run("rerank", QUERY, "--json", stdin="").stdout == ""
    assert run("rerank", QUERY, stdin="").returncode == 0


@pytest.mark.parametrize(
    ("stdin", "says"),
    [
        (b'{"text": ', "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"title": "x"}', "text"),
        (b"{" * 100_000, "not JSON"),
    ],
)
def test_bad_input_is_named_and_never_a_traceback(run: Run, stdin: bytes, says: str) -> None:
    done = run("rerank", QUERY, stdin=stdin)
    assert done.returncode in (1, 2)
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_is_named(run: Run) -> None:
    done = run("rerank", QUERY, "absent.txt")
    assert done.returncode == 1
    assert "absent.txt" in done.stderr
