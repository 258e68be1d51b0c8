from __future__ import annotations

import json
from pathlib import Path

from support.command import Run


def test_list_describe_back_up_restore_and_delete(run: Run, notes: Path, tmp_path: Path) -> None:
    assert "No collections" in run("collections").stdout
    run("index", "n", str(notes))
    assert [row["name"] for row in json.loads(run("collections", "--json").stdout)] == ["n"]
    assert "n" in run("collections").stdout
    described = json.loads(run("collections", "n", "--json").stdout)
    assert (described["documents"], described["fields"]["year"]) == (3, "integer")

    assert run("collections", "n", "--backup", "n.backup").returncode == 0
    assert run("collections", "m", "--restore", "n.backup").returncode == 0
    told = json.loads(run("search", "m", "What lowers glucose?", "--json", "--top-k", "1").stdout)
    assert told["hits"][0]["document"]["id"] in ("a", "c")

    assert run("collections", "n", "--delete", stdin="n\n").returncode != 0
    assert run("collections", "n").returncode == 0
    assert run("collections", "n", "--delete", stdin="y\n").returncode == 0
    assert run("collections", "n").returncode == 1


def test_wrong_usage(run: Run) -> None:
    assert run("collections", "--delete").returncode == 2
    assert run("collections", "n", "--delete", "--backup", "x").returncode == 2
    assert run("collections", "absent", "--delete", "--yes").returncode == 1
