from __future__ import annotations

import json
from pathlib import Path

from pertinent.engine.catalogue import CARRIED
from support.command import Run
from support.fake_hub import COMMIT, REPOSITORY, FakeHub
from support.hub_fixtures import hub

__all__ = ["hub"]


def test_the_carried_pair_is_known_and_present(run: Run) -> None:
    rows = {row["name"]: row for row in json.loads(run("models", "--json").stdout)}
    assert rows["pertinent-mini-reranker"]["present"]
    assert rows["pertinent-mini-embedder"]["dimensions"] == 384
    assert rows["pertinent-mini-embedder"]["revision"]


def test_the_carried_pair_stays_under_40_mb() -> None:
    sizes = [path.stat().st_size for path in CARRIED.rglob("*") if path.is_file()]
    assert 30e6 < sum(sizes) <= 40e6


def test_a_table_for_people(run: Run) -> None:
    assert "pertinent-mini-reranker" in run("models").stdout
    assert "Qwen/Qwen3-Reranker-0.6B" in run("models").stdout


def test_fetch_downloads_and_prints_the_folder_alone(hub: FakeHub, run: Run) -> None:
    done = run("models", "fetch", REPOSITORY)
    assert (done.returncode, done.stderr) == (0, "")
    folder = Path(done.stdout.removesuffix("\n"))
    assert folder.name == COMMIT
    assert (folder / "model.safetensors").is_file()
    assert run("models", "fetch", REPOSITORY, PERTINENT_OFFLINE="true").stdout == done.stdout
    told = json.loads(run("models", "fetch", REPOSITORY, "--json").stdout)
    assert told == {"name": REPOSITORY, "folder": str(folder)}


def test_a_carried_model_is_here_already(run: Run) -> None:
    done = run("models", "fetch", "pertinent-mini-reranker")
    assert (done.returncode, done.stderr) == (0, "")
    assert (Path(done.stdout.removesuffix("\n")) / "model.json").is_file()


def test_fetch_tells_what_to_do(hub: FakeHub, run: Run) -> None:
    done = run("models", "fetch", "tiny/other")
    assert (done.returncode, done.stdout) == (1, "")
    assert "has no model tiny/other" in done.stderr
    assert "Check the name" in done.stderr
    offline = run("models", "fetch", REPOSITORY, HF_HUB_OFFLINE="1")
    assert offline.returncode == 1
    assert "Pertinent is offline" in offline.stderr
