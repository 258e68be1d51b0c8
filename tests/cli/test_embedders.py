"""``index --embedder`` and ``search``: the embedder is recorded, found again, and no other one is taken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import Run
from support.tiny_embedder import tiny_embedder
from support.tiny_reranker import tiny_reranker


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A model of random weights that happens to pass its check."""
    tiny_embedder(tmp_path / "tiny-embedder", seed=1)
    return tmp_path / "tiny-embedder"


def test_a_collection_is_searched_with_the_embedder_that_made_it(run: Run, notes: Path, tiny: Path) -> None:
    made = run("index", "n", str(notes), "--embedder", "tiny-embedder", "--dimensions", "32", "--json")
    assert (made.returncode, json.loads(made.stdout)["added"]) == (0, 3)
    embedder = json.loads(run("collections", "n", "--json").stdout)["embedder"]
    assert (embedder["name"], embedder["dimensions"], embedder["source"]) == ("tiny-embedder", 32, str(tiny))
    assert embedder["query_instruction"].startswith("Given a web search query")

    found = run("search", "n", "What lowers glucose?", "--json")
    told = json.loads(found.stdout)
    assert (told["models"]["embedder"]["name"], told["mixed"], told["reranked"]) == (
        "tiny-embedder",
        True,
        True,
    )
    assert found.stderr.count("not of one model family") == 1

    again = json.loads(run("index", "n", str(notes), "--json").stdout)
    assert (again["unchanged"], again["added"]) == (3, 0)

    other = run("search", "n", "glucose", "--embedder", "pertinent-mini-embedder")
    assert (other.returncode, other.stdout) == (1, "")
    assert "made with embedder tiny-embedder" in other.stderr
    assert run("index", "n", str(notes), "--query-instruction", "").returncode == 1

    moved = tiny.parent / "models" / "renamed"
    moved.parent.mkdir()
    tiny.rename(moved)
    lost = run("search", "n", "glucose")
    assert (lost.returncode, "--embedder" in lost.stderr) == (1, True)
    quiet = run("search", "n", "What lowers glucose?", "--embedder", str(moved), "--no-rerank", "--json")
    assert json.loads(quiet.stdout)["mixed"] is False
    assert quiet.stderr == ""


def test_wrong_choices(run: Run, notes: Path) -> None:
    assert run("index", "n", str(notes), "--dimensions", "100").returncode == 2
    assert run("index", "n", str(notes), "--embedder", "absent").returncode == 1
    assert run("collections", "n").returncode == 1, "nothing was made"
    missing = run("search", "n", "glucose", "--embedder", "some/model")
    assert (missing.returncode, "no collection 'n'" in missing.stderr) == (1, True)
    run("index", "n", str(notes))
    assert run("search", "n", "glucose", "--reranker", "absent").returncode == 1


def test_what_models_run_on_is_said_once_for_all_that_have_a_choice(
    run: Run, notes: Path, tiny: Path, tmp_path: Path
) -> None:
    on_torch = ("--engine", "torch", "--device", "cpu", "--dtype", "float32")
    tiny_reranker(tmp_path / "tiny-reranker", seed=2)
    made = run("index", "n", str(notes), "--embedder", tiny.name, *on_torch, "--json")
    assert (made.returncode, made.stderr) == (0, "")
    asked = ("search", "n", "What lowers glucose?", "--instruction", "Find drugs", "--json")
    told = json.loads(run(*asked, "--reranker", "tiny-reranker", *on_torch).stdout)
    assert {(hit["reranker"]["engine"], hit["reranker"]["dtype"]) for hit in told["hits"]} == {
        ("torch", "float32")
    }
    assert {model["instruction"] for model in told["models"].values()} == {"Find drugs"}
    assert not (tmp_path / "home" / "cache" / "openvino").exists(), "the embedder ran on torch as well"

    beside = json.loads(run(*asked, *on_torch).stdout)
    assert beside["models"]["reranker"]["instruction"] is None

    assert run("index", "m", str(notes)).returncode == 0
    for vain in (("index", "m", str(notes)), ("search", "m", "glucose")):
        done = run(*vain, "--device", "cuda")
        assert (done.returncode, done.stdout) == (2, "")
        assert "pertinent-mini-embedder" in done.stderr
    assert run("index", "m", str(notes), "--engine", "abacus").returncode == 2
