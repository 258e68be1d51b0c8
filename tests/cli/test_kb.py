from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from support.command import Run
from support.knowledge import write


def folder_of(path: Path) -> Path:
    folder = path / "notes"
    write(folder, tides="The moon pulls the sea.", sub__rain="Clouds carry rain.")
    return folder


def test_a_folder_is_added_searched_updated_and_removed(run: Run, tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "image.png").write_bytes(b"\0")
    done = run("kb", "add", "n", str(folder))
    assert (done.returncode, done.stdout[:7]) == (0, "2 files")
    assert ".png 1" in done.stderr
    hits = json.loads(run("search", "n", "What makes the tides?", "--no-rerank", "--json").stdout)["hits"]
    assert hits[0]["document"]["id"] == "tides.md"
    (folder / "tides.md").rename(folder / "sea.md")
    again = json.loads(run("kb", "add", "n", "--json").stdout)
    assert (again["added"], again["removed"], again["to_read"]) == (1, 1, 1)
    (listed,) = json.loads(run("kb", "list", "--json").stdout)
    assert (listed["name"], listed["folders"][0]["path"]) == ("n", str(folder))
    assert str(folder) in run("kb", "list").stdout
    assert json.loads(run("kb", "remove", "n", str(folder), "--json").stdout)["removed"] == 2
    assert run("kb", "list").stdout.startswith("No knowledge bases")
    done = run("kb", "add", "n")
    assert (done.returncode, "follows no folder" in done.stderr) == (2, True)


def test_a_search_is_that_of_the_configured_pipeline(run: Run, tmp_path: Path) -> None:
    run("kb", "add", "n", str(folder_of(tmp_path)))
    found = json.loads(run("kb", "search", "n", "What makes the tides?", "--json", TOP_K="1").stdout)
    assert [hit["document"]["id"] for hit in found["hits"]] == ["tides.md"]
    assert found["reranked"] is True
    done = run("kb", "search", "n", "What makes the tides?", TOP_K="none")
    assert (done.returncode, "top_k" in done.stderr) == (2, True)
    assert "tides.md" in run("kb", "search", "n", "What makes the tides?").stdout
    assert run("kb", "search", "absent", "x").returncode == 1


def test_the_file_of_settings_is_read(run: Run, tmp_path: Path) -> None:
    run("kb", "add", "n", str(folder_of(tmp_path)))
    (tmp_path / "pertinent.toml").write_text('top_k = 1\nrerank_model = "deepinfra:x"\n')
    found = json.loads(run("kb", "search", "n", "What makes the tides?", "--json").stdout)
    assert len(found["hits"]) == 1
    assert "deepinfra" in found["reason"]
    found = json.loads(run("search", "n", "What makes the tides?", "--json").stdout)
    assert (len(found["hits"]), found["reranked"]) == (1, True)


def test_a_folder_is_removed_without_the_embedder(run: Run, tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    run("kb", "add", "n", str(folder))
    manifest = tmp_path / "home" / "collections" / "n" / "manifest.json"
    manifest.write_text(manifest.read_text().replace("pertinent-mini-embedder", "somewhere/else"))
    done = run("kb", "remove", "n", str(folder))
    assert (done.returncode, done.stdout) == (0, "2 documents removed.\n"), done.stderr


def test_faults_are_told_plainly(run: Run, tmp_path: Path) -> None:
    for arguments, code, words in (
        (("add", "n"), 1, "no collection"),
        (("add", "n", str(tmp_path / "absent")), 1, "no folder at"),
        (("add", "n", "--include", "*.md"), 2, "none was named"),
    ):
        done = run("kb", *arguments)
        assert (done.returncode, words in done.stderr) == (code, True), done.stderr
    assert run("collections", "n").returncode == 1


def test_a_base_in_which_nothing_could_be_used_fails(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.md").write_bytes(b"\xff")
    done = run("kb", "add", "n", str(tmp_path / "bad"), "--local-only")
    assert done.returncode == 1
    assert "not valid UTF-8" in done.stderr
    write(tmp_path / "bad", b="Text.")
    assert run("kb", "add", "n").returncode == 0
    assert json.loads(run("collections", "n", "--json").stdout)["local_only"] is True


def test_watching_ends_with_ctrl_c_and_leaves_all_in_order(run: Run, tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    environment = {**os.environ, "PERTINENT_HOME": str(tmp_path / "home")}
    code = "from pertinent.cli.app import main; main()"
    command = [sys.executable, "-c", code, "kb", "add", "n", str(folder), "--watch", "--json"]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["added"] == 2
    write(folder, new="New.")
    assert json.loads(process.stdout.readline())["added"] == 1
    process.send_signal(signal.SIGINT)
    out, told = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert "Ended" in told
    again = json.loads(run("kb", "add", "n", "--json").stdout)
    assert (again["files"], again["to_read"], again["lost"]) == (3, 0, 0)
