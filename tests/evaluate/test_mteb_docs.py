"""docs/evaluate-mteb.md names sets that there are, and its examples run on a set that is here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pertinent.evaluate.named.named import is_named
from support.mteb_tasks import CORPUS, QUERIES, RANKED, RELEVANT, judged_rows, write_dataset

PAGE = (Path(__file__).parents[2] / "docs" / "evaluate-mteb.md").read_text("utf-8")
TABLE = re.findall(r"^\| .*$", PAGE, re.MULTILINE)[2:]


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([^`]+)`", "".join(TABLE)))))
def test_every_name_of_the_table_is_one(name: str) -> None:
    assert is_named(name)


def test_the_examples_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline_hub: None, capsys: pytest.CaptureFixture[str]
) -> None:
    import mteb

    corpus = [{"_id": d, "title": title, "text": text} for d, (title, text) in CORPUS.items()]
    queries = [{"_id": query, "text": text} for query, text in QUERIES.items()]
    ranked = [{"query-id": query, "corpus-ids": rows} for query, rows in RANKED.items()]
    grades = judged_rows(RELEVANT)
    write_dataset(
        tmp_path / "scifact",
        {"corpus": {"test": corpus}, "queries": {"test": queries}, "default": {"test": grades}},
    )
    write_dataset(
        tmp_path / "miracl",
        {
            "de-corpus": {"dev": corpus},
            "de-queries": {"dev": queries},
            "de-qrels": {"dev": grades},
            "de-top_ranked": {"dev": ranked},
        },
    )
    for name, folder in [("SciFact", "scifact"), ("MIRACLReranking", "miracl")]:
        monkeypatch.setitem(mteb.get_task(name).metadata.dataset, "path", str(tmp_path / folder))
    monkeypatch.chdir(tmp_path)
    for example in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(example, {})
    first, both, other = capsys.readouterr().out.splitlines()
    assert 0.9 < float(first) <= 1
    assert 0.9 < float(both) <= 1
    assert other == "MIRACLReranking-de dev candidates 3"
