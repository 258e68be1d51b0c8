from __future__ import annotations

import json
import shutil
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
    shown = run("collections", "n")
    assert shown.returncode == 0
    assert "dimensions 384" in shown.stdout
    assert "query_instruction" not in shown.stdout, "what is empty is not shown"
    assert run("collections", "n", "--delete", stdin="y\n").returncode == 0
    assert run("collections", "n").returncode == 1


def test_odd_and_damaged_collections_are_listed_with_what_is_wrong(
    run: Run, notes: Path, tmp_path: Path
) -> None:
    run("index", "c1", str(notes))
    folder = tmp_path / "home" / "collections"
    shutil.copytree(folder / "c1", folder / "c1 (copy)")
    shutil.copytree(folder / "c1", folder / "cut")
    (folder / "cut" / "manifest.json").write_text('{"format_version": 1')
    done = run("collections", "--json")
    assert done.returncode == 0
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert list(rows) == ["c1", str(folder / "c1 (copy)"), "cut"]
    assert rows[str(folder / "c1 (copy)")]["documents"] == 3
    assert "damaged" in rows["cut"]["fault"]
    shown = run("collections")
    assert shown.returncode == 0
    assert "damaged" in shown.stdout
    assert run("search", "nosuch", "q").returncode == 1

    assert run("collections", "cut").returncode == 1
    asked = run("collections", "cut", "--delete", stdin="n\n")
    assert (asked.returncode, "damaged" in asked.stderr) == (1, True)
    assert json.loads(run("collections", "cut", "--delete", "--yes", "--json").stdout)["deleted"] == "cut"
    assert not (folder / "cut").exists()


def test_nothing_in_a_manifest_steers_the_terminal(run: Run, notes: Path, tmp_path: Path) -> None:
    run("index", "c1", str(notes))
    file = tmp_path / "home" / "collections" / "c1" / "manifest.json"
    manifest = json.loads(file.read_text())
    manifest["embedder"]["name"] = "e\x1b[2J\u202eevil:pill:\nforged"
    manifest["fields"]["\x1b[2Jf"] = "integer"
    file.write_text(json.dumps(manifest))
    for arguments in (("collections",), ("collections", "c1")):
        told = run(*arguments)
        assert told.returncode == 0
        assert "\x1b" not in told.stdout
        assert "\u202e" not in told.stdout
        assert "evil:pill: forged" in told.stdout


def test_a_path_is_told_on_one_line(run: Run, notes: Path, tmp_path: Path) -> None:
    long = tmp_path / ("long" * 20) / ("name" * 20)
    assert run("index", str(long), str(notes)).stdout.count("\n") == 1
    assert f"path           {long}\n" in run("collections", str(long)).stdout


def test_wrong_usage(run: Run) -> None:
    assert run("collections", "--delete").returncode == 2
    assert run("collections", "n", "--delete", "--backup", "x").returncode == 2
    assert run("collections", "absent", "--delete", "--yes").returncode == 1
