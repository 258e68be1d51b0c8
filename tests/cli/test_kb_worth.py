from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from support.command import Run
from support.knowledge import write

NOTES = {
    "hills": """# Where rivers come from

## What water carries

Water runs down from the hills after rain and carries sand, stones and broken branches wherever its current is
strong enough to move them along, until a wide valley slows it and everything heavy sinks to the ground.
""",
    "bees": """# How bees find home

## Dances of bees

Bees leave the hive in the morning, remember the sun's place above the horizon, and tell each other in a dance
how far away flowers stand and in which direction the others should fly to gather nectar.
""",
    "bread": """# Bread that tastes good

## Cold dough at night

Dough that rests in a cold kitchen over night rises slowly, because yeast works less when it is cool, and the
loaf keeps longer, smells better and needs little salt to have a round taste.
""",
}


def test_questions_are_drafted_and_evaluated(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "notes", **NOTES)
    assert run("kb", "add", "n", "notes").returncode == 0
    drafted = json.loads(run("kb", "draft-questions", "n", "--count", "2", "--json").stdout)
    assert drafted["questions"] == 2
    again = run("kb", "draft-questions", "n")
    assert (again.returncode, "--force" in again.stderr) == (2, True)
    with (tmp_path / "questions.jsonl").open("a") as file:
        file.write(json.dumps({"id": "own", "question": "Which stones?", "relevant": ["away.md"]}) + "\n")
    done = run("kb", "evaluate", "n", "questions.jsonl", "--json", "--out", "o.json", TOP_K="7", RRF_K="5")
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    assert values == json.loads((tmp_path / "o.json").read_text("utf-8"))
    assert (values["pipeline"]["top_k"], values["pipeline"]["rrf_k"]) == (7, 5)
    assert (values["questions"], values["drafted"], values["missing"]) == (3, 2, {"own": ["away.md"]})
    assert set(values["measures"]) == {"P@5", "nDCG@10", "MRR@10"}
    assert "own: the collection does not hold away.md" in done.stderr
    assert "2 questions are as they were drafted" in done.stderr
    table = run("kb", "evaluate", "n", "questions.jsonl").stdout
    assert "nDCG@10" in table
    assert "same rank for every question" in table


def test_faults_are_told_before_anything_is_searched(run: Run, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"id": "1", "question": "?", "relevant": ["a"], "grade": 2}\n')
    done = run("kb", "evaluate", "n", "q.jsonl")
    assert (done.returncode, "line 1" in done.stderr, "'grade'" in done.stderr) == (1, True, True)
    done = run("kb", "evaluate", "n", "q.jsonl", "--out", "absent/o.json")
    assert (done.returncode, "no folder" in done.stderr) == (2, True)
    done = run("kb", "evaluate", "n", "q.jsonl", "--out", str(tmp_path))
    assert (done.returncode, "is a folder" in done.stderr) == (2, True)


def test_figures_that_cannot_be_written_are_shown_all_the_same(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "notes", **NOTES)
    run("kb", "add", "n", "notes")
    asked(tmp_path, 1)
    done = run("kb", "evaluate", "n", "q.jsonl", "--json", "--out", "/proc/figures.json")
    assert (done.returncode, json.loads(done.stdout)["questions"]) == (1, 1)
    assert "Writing /proc/figures.json failed" in done.stderr


def test_figures_of_reranking_need_a_reranker(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "notes", **NOTES)
    run("kb", "add", "n", "notes")
    asked(tmp_path, 1)
    service = "deepinfra:Qwen/Qwen3-Reranker-8B"
    for chain, words in (("no-such-model", "no-such-model"), (service, "DEEPINFRA_TOKEN")):
        done = run("kb", "evaluate", "n", "q.jsonl", RERANK_MODEL=chain, DEEPINFRA_TOKEN="")
        assert (done.returncode, done.stdout) == (1, ""), done.stderr
        assert words in done.stderr
    chain = f"{service},pertinent-mini-reranker"
    done = run("kb", "evaluate", "n", "q.jsonl", RERANK_MODEL=chain, DEEPINFRA_TOKEN="")
    assert f"{service} did not rerank 1 of 1 questions" in done.stderr
    assert "reranked by pertinent-mini-reranker" in done.stdout


@pytest.mark.parametrize("missing", ["ir_measures", "scipy"])
def test_what_the_extra_brings_is_asked_for_before_anything_else(
    run: Run, tmp_path: Path, missing: str
) -> None:
    (tmp_path / "without").mkdir()
    fault = f"raise ModuleNotFoundError('No module named {missing}', name={missing!r})\n"
    (tmp_path / "without" / f"{missing}.py").write_text(fault)
    path = os.pathsep.join(filter(None, (str(tmp_path / "without"), os.environ.get("PYTHONPATH", ""))))
    done = run("kb", "evaluate", "n", "q.jsonl", PYTHONPATH=path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"needs {missing}." in done.stderr
    assert "pip install 'pertinent[eval]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_keeps_the_scores_and_the_next_run_goes_on(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "notes", **NOTES)
    run("kb", "add", "n", "notes")
    asked(tmp_path, 2000)
    command = [sys.executable, "-c", "from pertinent.cli.app import main; main()"]
    process = subprocess.Popen(
        [*command, "kb", "evaluate", "n", "q.jsonl", "--out", "o.json"],
        env={**os.environ, "PERTINENT_HOME": str(tmp_path / "home")},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while process.poll() is None and kept_scores(tmp_path) < 2 * len(NOTES):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, told = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert b"goes on from there" in told
    assert not (tmp_path / "o.json").exists()
    before = kept_scores(tmp_path)
    asked(tmp_path, 1)
    assert run("kb", "evaluate", "n", "q.jsonl").returncode == 0
    assert kept_scores(tmp_path) == before  # the first question's were there


def asked(folder: Path, count: int) -> None:
    lines = ({"id": str(n), "question": f"Stone {n}?", "relevant": ["hills.md"]} for n in range(count))
    (folder / "q.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def kept_scores(folder: Path) -> int:
    try:
        file = folder / "home" / "cache" / "scores.sqlite"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as cache:
            return int(cache.execute("SELECT count(*) FROM scores").fetchone()[0])
    except sqlite3.Error:
        return 0
