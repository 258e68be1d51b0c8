from __future__ import annotations

import json
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


def test_faults_of_usage_and_of_data(run: Run, notes: Path) -> None:
    assert run("index", "n", "absent").returncode == 1
    assert run("index", "n", str(notes), "--format", "xml").returncode == 2
    assert run("index", "no name!", str(notes)).returncode == 2
    assert run("index", "n", str(notes), "--language", "klingon").returncode == 2
