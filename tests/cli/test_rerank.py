from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pertinent.ingest.sample import sample_folder
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


def test_a_corpus_keeps_its_ids_whatever_its_metadata(run: Run) -> None:
    lines = (sample_folder() / "corpus.jsonl").read_text("utf-8").splitlines()[:2]
    lines.append('{"_id": "odd", "title": "Rain", "metadata": {"x": [1, {}]}}')
    done = run("rerank", "How is blood pressure measured in the clinic?", "--json", stdin="\n".join(lines))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["id"] for row in rows} == {"hypertension-01", "hypertension-02", "odd"}
    assert rows[0]["id"] == "hypertension-01"


def test_what_a_document_says_is_printed_as_it_is(run: Run) -> None:
    text = ":pill: [bold]lowers[/] glucose, and more is written after it than 90 columns of a line can hold"
    assert ":pill: [bold]lowers[/]" in run("rerank", QUERY, stdin=text).stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_any_encoding_will_do(run: Run, encoding: str) -> None:
    text = "Blutzucker für 血糖 👩"
    done = run("rerank", QUERY, stdin=text.replace("ü", "ue"), PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u8840" in done.stdout
    done = run("rerank", QUERY, "--json", stdin=text, PYTHONIOENCODING=encoding)
    assert json.loads(done.stdout)["text"] == text


def test_closed_streams(run: Run, tmp_path: Path) -> None:
    for closing, code, says in (
        ("<&-", 1, "stdin is closed"),
        ("</dev/null >&-", 0, ""),
        ("</dev/null 2>&-", 0, ""),
    ):
        command = f"exec {sys.executable} -m pertinent rerank q {closing}"
        done = subprocess.run(
            ["bash", "-c", command], check=False, capture_output=True, text=True, cwd=tmp_path
        )
        assert (done.returncode, says in done.stderr) == (code, True)
        assert "fault of its own" not in done.stderr


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
        (b'{"text": ', "not valid JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"year": 7}', "no text"),
        (b'{"text": 7}', "field text is a whole number"),
        (b"{" * 100_000, "not valid JSON"),
    ],
)
def test_bad_input_is_named_and_never_a_traceback(run: Run, stdin: bytes, says: str) -> None:
    done = run("rerank", QUERY, stdin=stdin)
    assert done.returncode == 1
    assert f"stdin, line 1: {says}" in done.stderr
    assert "one document a line" in done.stderr
    assert "--strict" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_is_named(run: Run) -> None:
    done = run("rerank", QUERY, "absent.txt")
    assert done.returncode == 1
    assert "absent.txt" in done.stderr
