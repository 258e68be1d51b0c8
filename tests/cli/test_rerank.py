from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pertinent.families.instructions import INSTRUCTIONS
from pertinent.families.qwen3_reranker import EVALUATION_INSTRUCTION
from pertinent.ingest.sample import sample_folder
from support.command import Run
from support.tiny_reranker import tiny_reranker

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


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A reranker of random weights that happens to pass its check."""
    tiny_reranker(tmp_path / "tiny-reranker", seed=2)
    return tmp_path / "tiny-reranker"


ON_TORCH = ("--engine", "torch", "--device", "cpu", "--dtype", "float32", "--json")


def test_each_line_of_json_says_how_its_score_came_about(run: Run, tiny: Path) -> None:
    asked = ("rerank", QUERY, "--model", tiny.name, *ON_TORCH)
    done = run(*asked, "--instruction", "moderation", stdin=LINES)
    assert (done.returncode, done.stderr) == (0, "")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["instruction"] for row in rows} == {INSTRUCTIONS["moderation"]}
    told = {(row["model"], row["engine"], row["dtype"], row["scale"], row["document_cut"]) for row in rows}
    assert told == {("tiny-reranker", "torch", "float32", "margin", 0)}

    other = run(*asked, "--prompt", "evaluation", "--no-check", stdin=LINES)
    rows = [json.loads(line) for line in other.stdout.splitlines()]
    assert {row["instruction"] for row in rows} == {EVALUATION_INSTRUCTION}
    assert run(*asked, "--prompt", "other", stdin=LINES).returncode == 2


def test_what_was_not_read_is_told(run: Run, tiny: Path) -> None:
    lines = "insulin " * 800 + "\nIt rained.\n"
    done = run("rerank", QUERY, "--model", tiny.name, *ON_TORCH, "--max-tokens", "256", stdin=lines)
    assert "1 of 2 texts exceed the window" in done.stderr
    cut = {json.loads(line)["index"]: json.loads(line)["document_cut"] for line in done.stdout.splitlines()}
    assert cut[0] > 100
    assert cut[1] == 0


def test_the_carried_model_says_that_it_reads_no_instruction(run: Run) -> None:
    done = run("rerank", QUERY, "--instruction", "moderation", "--json", stdin=LINES)
    assert {json.loads(line)["instruction"] for line in done.stdout.splitlines()} == {None}
    assert done.stderr.count("reads no instruction") == 1


def test_an_empty_name_of_a_model_is_an_error(run: Run) -> None:
    done = run("rerank", QUERY, "--model", "", stdin=LINES)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Error:" in done.stderr


def test_pruning_says_what_it_needs(run: Run, tiny: Path) -> None:
    done = run("rerank", QUERY, "--model", tiny.name, *ON_TORCH, "--prune", stdin=LINES)
    assert done.returncode == 2
    assert "--top-k" in done.stderr
