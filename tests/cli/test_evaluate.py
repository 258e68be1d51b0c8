from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import Run
from support.small_task import small_beir

FEW = ("--candidates", "5")


@pytest.fixture
def beir(tmp_path: Path) -> str:
    return str(small_beir(tmp_path / "small"))


def test_a_table_for_people(run: Run, beir: str) -> None:
    done = run("evaluate", beir, *FEW)
    assert done.returncode == 0
    for word in ("small", "nDCG@10", "bm25", "dense", "rrf", "rerank", "final"):
        assert word in done.stdout


def test_json_and_nothing_else(run: Run, beir: str) -> None:
    stages = ["bm25", "dense", "rrf", "rerank"]
    done = run("evaluate", beir, *FEW, "--json", "--stages", ",".join(stages), "--metrics", "nDCG@10,P@5")
    found = json.loads(done.stdout)
    assert (found["dataset"], found["split"]) == ("small", "test")
    assert list(found["stages"]) == stages
    assert all(list(each) == ["nDCG@10", "P@5"] for each in found["stages"].values())
    assert found["card"]["packages"]["pertinent"]


def test_several_sets_are_a_list(run: Run, beir: str, tmp_path: Path) -> None:
    done = run("evaluate", beir, str(small_beir(tmp_path / "other")), "--stages", "bm25", "--json")
    assert [each["dataset"] for each in json.loads(done.stdout)] == ["small", "other"]


def test_a_repeat_finds_the_same(run: Run, beir: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("evaluate", beir, *FEW, "--out", str(out)).returncode == 0
    assert (out / "report.html").exists()
    done = run("evaluate", "--repeat", str(out))
    assert done.returncode == 0, done.stderr
    assert "same to the last bit" in done.stdout
    corpus = Path(beir, "corpus.jsonl")
    corpus.write_text(corpus.read_text("utf-8").replace("Rain", "Snow"), "utf-8")
    refused = run("evaluate", "--repeat", str(out))
    assert refused.returncode == 1
    assert "no repeat" in refused.stderr
    assert not refused.stdout


def test_nothing_is_lost_where_a_later_set_fails(run: Run, beir: str, tmp_path: Path) -> None:
    out, other = tmp_path / "out", str(small_beir(tmp_path / "other"))
    out.mkdir()
    (out / "other-test").write_text("no folder: the second set fails when the first is done")
    for arguments in ((), ("--json",)):
        done = run("evaluate", beir, other, "--stages", "bm25", "--out", str(out), *arguments)
        assert done.returncode == 1
        assert "Error" in done.stderr
        assert "Traceback" not in done.stderr
        assert json.loads((out / "small-test" / "result.json").read_text("utf-8"))["dataset"] == "small"
        assert "small" in done.stdout
    assert [each["dataset"] for each in json.loads(done.stdout)] == ["small", "other"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "nothing to evaluate"),
        (("missing-folder",), "missing-folder"),
        (("{beir}", "--stages", "bm52"), "bm52"),
        (("{beir}", "--metrics", "nDGC@10"), "nDGC@10"),
        (("{beir}", "--split", "dev"), "dev"),
        (("{beir}", "--reranker", "no-such-model"), "no-such-model"),
        (("{beir}", "--repeat", "{beir}"), "--repeat"),
        (("--repeat", "{beir}", "--candidates", "7", "--fresh"), "--candidates, --fresh"),
        (("{beir}", "--baseline", "bm52"), "bm52"),
        (("{beir}", "--bm25-k", "nan"), "bm25_k is nan"),
        (("{beir}", "--bm25-b", "7"), "from 0 to 1"),
        (("{beir}", "--max-tokens", "-3"), "max_tokens is -3"),
        (("{beir}", "--metrics", "WSS@95"), "screening"),
        (("--repeat", "{beir}"), "no run card"),
    ],
)
def test_bad_input_is_one_clear_message(run: Run, beir: str, arguments: tuple[str, ...], told: str) -> None:
    done = run("evaluate", *(each.format(beir=beir) for each in arguments))
    assert done.returncode in (1, 2)
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_a_folder_that_cannot_be_is_told_before_anything_is_computed(run: Run, beir: str) -> None:
    done = run("evaluate", beir, "--reranker", "no-such-model", "--out", str(Path(beir, "corpus.jsonl")))
    assert done.returncode == 1
    assert "output folder" in done.stderr
    assert "no-such-model" not in done.stderr


def test_a_repeat_writes_no_folder(run: Run, beir: str, tmp_path: Path) -> None:
    done = run("evaluate", "--repeat", beir, "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "Leave --out out" in done.stderr


def test_numbers_that_do_not_fit_are_refused(run: Run, beir: str) -> None:
    for option in ("--bm25-k", "--bm25-b"):
        done = run("evaluate", beir, "--stages", "bm25", option, "nan")
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
