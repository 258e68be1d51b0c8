"""Sets and candidates of the scripts that choose numbers are those of ``pertinent evaluate``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from pertinent import Embedder
from support.small_task import JUDGEMENTS, QUERIES, candidates_task, small_beir

Script = Callable[[str], ModuleType]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("scifact", "nfcorpus"):
        qrels = small_beir(tmp_path / name) / "qrels"
        (qrels / "test.tsv.gz").rename(qrels / "train.tsv.gz")
    monkeypatch.setenv("PERTINENT_DATA", str(tmp_path))
    return tmp_path


def test_without_a_data_folder_the_scripts_say_what_to_set(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PERTINENT_DATA", raising=False)
    with pytest.raises(SystemExit, match="PERTINENT_DATA"):
        script("judged_data").data_folder()


def test_bm25_needs_no_model_and_stops_at_its_depth(script: Script, data: Path) -> None:
    judged_data = script("judged_data")
    task = judged_data.judged_set("scifact", "train")
    found = dict(judged_data.candidates(task, 2, None))
    assert set(found) == set(QUERIES)
    assert all(1 <= len(each) <= 2 for each in found.values())
    assert {each.passage.document_id for each in found["glucose"]} == {"metformin", "insulin"}
    assert len(judged_data.judged_set("scifact", "train", 1).queries) == 1


def test_given_candidates_are_taken_as_they_are(script: Script) -> None:
    judged_data, task = script("judged_data"), candidates_task()
    found = dict(judged_data.candidates(task, 2, Embedder()))
    assert [each.passage.document_id for each in found["glucose"]] == [
        each.document_id for each in (task.candidates or {})["glucose"]
    ]
    perfect = {
        query: [(document, float(grade)) for document, grade in sorted(grades.items(), key=lambda g: -g[1])]
        for query, grades in JUDGEMENTS.items()
    }
    assert judged_data.mean_ndcg(perfect, task) == 1.0
    assert judged_data.ndcg({}, task) == dict.fromkeys(QUERIES, 0.0)


def test_windows_are_compared_on_train_splits(
    script: Script, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script("fit_window").main()
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 4
    assert all("nDCG@10 1.0000" in line or "nDCG@10 0.9" in line for line in told)
    assert told[0].startswith("scifact train, window 256: ")
