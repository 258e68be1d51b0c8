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

from support.command import Run


def test_indexing_twice_adds_nothing(run: Run, notes: Path) -> None:
    first = json.loads(run("index", "n", str(notes), "--json").stdout)
    again = json.loads(run("index", "n", str(notes), "--json").stdout)
    assert (first["added"], first["passages"]) == (3, 3)
    assert (again["added"], again["unchanged"]) == (0, 3)


def test_broken_records_are_told_and_skipped(run: Run, notes: Path) -> None:
    with notes.open("a") as file:
        file.write("{broken\n")
    done = run("index", "n", str(notes))
    assert done.returncode == 0
    assert "1 broken" in done.stdout
    assert "line 4" in done.stderr.replace("\n", " ")


def test_a_run_that_could_use_nothing_fails_and_makes_nothing(run: Run, notes: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{broken\n")
    done = run("index", "n", str(bad), "--json")
    assert (done.returncode, json.loads(done.stdout)["broken"]) == (1, 1)
    assert run("collections", "n").returncode == 1
    assert run("index", "n", str(bad), str(notes)).returncode == 0
    assert run("index", "n", str(bad), str(notes)).returncode == 0


def test_strict_stops_at_a_broken_record(run: Run, notes: Path) -> None:
    notes.write_text("{broken\n" + notes.read_text())
    done = run("index", "n", str(notes), "--strict")
    assert done.returncode == 1
    assert "line 1" in done.stderr.replace("\n", " ")


def test_prune_removes_what_is_gone(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("First text.")
    (folder / "b.txt").write_text("Second text.")
    run("index", "n", str(folder))
    (folder / "b.txt").unlink()
    assert json.loads(run("index", "n", str(folder), "--prune", "--json").stdout)["removed"] == 1


def test_ctrl_c_keeps_what_was_acknowledged_and_the_next_run_goes_on(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "many.jsonl"
    texts = (f"Sentence number {n} on a topic. " * 10 for n in range(1500))
    file.write_text("".join(json.dumps({"id": str(n), "text": t}) + "\n" for n, t in enumerate(texts)))
    environment = {**os.environ, "PERTINENT_HOME": str(tmp_path / "home")}
    code = "from pertinent.cli.app import main; main()"
    command = [sys.executable, "-c", code, "index", "n", str(file), "--json"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    ledger = tmp_path / "home" / "collections" / "n" / "ledger.sqlite"
    while process.poll() is None and not stored_documents(ledger):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, told = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert b"goes on from there" in told
    kept = json.loads(run("collections", "n", "--json").stdout)["documents"]
    assert 0 < kept < 1500
    again = json.loads(run("index", "n", str(file), "--json").stdout)
    assert (again["unchanged"], again["added"]) == (kept, 1500 - kept)


def stored_documents(ledger: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])
    except sqlite3.Error:
        return 0


def test_faults_of_usage_and_of_data(run: Run, notes: Path) -> None:
    assert run("index", "n", "absent").returncode == 1
    assert run("index", "n", str(notes), "--format", "xml").returncode == 2
    assert run("index", "no name!", str(notes)).returncode == 2
    assert run("index", "n", str(notes), "--language", "klingon").returncode == 2
