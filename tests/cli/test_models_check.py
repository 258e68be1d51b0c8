from __future__ import annotations

import json
from pathlib import Path

from support.command import Run
from support.tiny_reranker import same_answers, tiny_reranker


def test_a_carried_model_in_json(run: Run) -> None:
    done = run("models", "check", "pertinent-mini-reranker", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["passed"] is True
    assert report["answer"] > report["other"]
    assert report["model"]["family"] == "cross_encoder"
    assert report["per_second"] > 0


def test_a_table_for_people(run: Run) -> None:
    done = run("models", "check", "pertinent-mini-embedder")
    assert done.returncode == 0, done.stderr
    for told in (
        "embedder",
        "openvino in int8 on cpu",
        "cosine of the answer",
        "texts/s",
        "the answer comes",
    ):
        assert told in done.stdout


def test_what_is_no_model_is_told(run: Run, tmp_path: Path) -> None:
    done = run("models", "check", str(tmp_path))
    assert done.returncode == 1
    assert "Error:" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_damaged_model_fails(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "qwen3"}')
    done = run("models", "check", str(folder), "--json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "config.json" in done.stderr


def test_carried_models_have_no_choice(run: Run) -> None:
    done = run("models", "check", "pertinent-mini-reranker", "--dtype", "float32")
    assert done.returncode == 2
    assert "dtype" in done.stderr


def test_a_name_that_is_not_here_says_how_to_get_it(run: Run) -> None:
    done = run("models", "check", "nobody/nothing", PERTINENT_OFFLINE="true")
    assert done.returncode == 1
    assert "pertinent models fetch nobody/nothing" in done.stderr


def test_a_model_that_tells_nothing_apart_fails_with_and_without_numbers(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "constant-reranker"
    tiny_reranker(folder)
    same_answers(folder)
    done = run("models", "check", str(folder), "--engine", "torch", "--device", "cpu")
    assert (done.returncode, done.stdout) == (1, "")
    assert "the same score" in done.stderr
    done = run("models", "check", str(folder), "--engine", "torch", "--device", "cpu", "--no-check")
    assert done.returncode == 1
    assert "WRONG: the answer does not come first" in done.stdout
