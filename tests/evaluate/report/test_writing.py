from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pertinent.errors import StoreError, UsageError
from pertinent.evaluate.cards.card_file import read_card, read_values
from pertinent.evaluate.report.writing import file_name, prepare_folder, write_results
from pertinent.evaluate.requested import evaluate
from pertinent.evaluate.run_files import read_run
from support.fakes import BagOfWords, WordOverlap
from support.small_task import QUERIES, request, small_beir


@pytest.fixture
def written(tmp_path: Path) -> Path:
    asked = request(paths=(str(small_beir(tmp_path / "small")),))
    results = evaluate(asked, embedder=BagOfWords(), rerankers={"o": WordOverlap()})
    assert write_results(tmp_path / "out", results) == tmp_path / "out" / "report.html"
    return tmp_path / "out"


def test_everything_that_the_folder_promises(written: Path) -> None:
    own = written / "small-test"
    result = json.loads((own / "result.json").read_text("utf-8"))
    assert result["stages"]["rerank"]["MRR@10"] == 1.0
    card = read_card(own)
    values = read_values(own, card)
    assert values is not None
    assert set(values["rerank"]["nDCG@10"]) == set(QUERIES)
    for stage in result["stages"]:
        run = read_run(own / "runs" / f"{stage}.trec")
        assert set(run) == set(QUERIES)
    assert "<html" in (written / "report.html").read_text("utf-8")


def test_a_folder_is_made_ahead_and_needs_what_the_report_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_folder(tmp_path / "a" / "b")
    prepare_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "within"):
        with pytest.raises(StoreError, match="output folder"):
            prepare_folder(place)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match="needs matplotlib"):
        prepare_folder(tmp_path)


def test_writing_again_replaces(written: Path, tmp_path: Path) -> None:
    asked = request(paths=(str(tmp_path / "small"),), stages=("bm25",))
    write_results(written, evaluate(asked))
    assert list(json.loads((written / "small-test" / "result.json").read_text())["stages"]) == ["bm25"]


def test_names_that_look_alike_are_other_files() -> None:
    names = ["a b", "a_b", "a  b", "x" * 300, "x" * 301, "ü" * 120]
    files = [file_name(name) for name in names]
    assert len(set(files)) == len(names)
    assert max(len(file.encode()) for file in files) < 250


@pytest.mark.parametrize("name", ["../../etc", "a/b", ".", "", "mteb:X (de)"])
def test_names_of_sets_stay_in_the_folder(name: str) -> None:
    safe = file_name(name)
    assert safe
    assert "/" not in safe
    assert not safe.startswith(".")
