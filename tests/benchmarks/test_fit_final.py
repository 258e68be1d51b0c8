"""Constants of the final formula are tried on held back queries of train splits; each set counts the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import pytest

from pertinent.search.final import FinalFormula
from pertinent.types import logistic
from support.small_task import JUDGEMENTS, QUERIES, TEXTS, retrieval_task, small_beir

Script = Callable[[str], ModuleType]
PAIRS = [
    {"query": "what lowers glucose", "positive": TEXTS["metformin"], "negatives": [TEXTS["aspirin"]]},
    {"query": "what lowers glucose", "positive": TEXTS["insulin"], "negatives": [TEXTS["metformin"]]},
    {"query": "what eases a headache", "positive": TEXTS["aspirin"]},
]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    qrels = small_beir(tmp_path / "data" / "judged") / "qrels"
    (qrels / "test.tsv.gz").rename(qrels / "train.tsv.gz")
    (tmp_path / "data" / "asked").mkdir()
    lines = "\n".join(map(json.dumps, PAIRS))
    (tmp_path / "data" / "asked" / "pairs.train.jsonl").write_text(lines, "utf-8")
    monkeypatch.setenv("PERTINENT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PERTINENT_HOME", str(tmp_path / "home"))
    return tmp_path / "data"


def test_the_best_passage_of_each_document_counts(script: Script) -> None:
    fit_final = script("fit_final")
    rows = [
        fit_final.Scored("b", 0.03, 1.0),
        fit_final.Scored("a", 0.02, 3.0),
        fit_final.Scored("a", 0.01, -1.0),
    ]
    formula = FinalFormula(0.5, 1.0)
    (order,) = fit_final.ordered(formula, {"q": rows}).values()
    values = {"a": formula.of(0.02, 3.0), "b": formula.of(0.03, 1.0)}
    assert order == sorted(values.items(), key=lambda item: -item[1])
    assert fit_final.ordered(None, {"q": rows}) == {"q": [("b", 0.03), ("a", 0.02)]}


def test_queries_that_were_trained_on_are_passed_over(script: Script, data: Path) -> None:
    train_set = script("fit_final").train_set
    first, *rest = sorted(QUERIES, key=lambda query: sha256(query.encode()).hexdigest())
    assert set(train_set("judged", 0, 1, data).queries) == {first}
    task = train_set("judged", 1, 10, data)
    assert set(task.queries) == set(rest)
    assert len(list(task.documents())) == len(TEXTS)
    assert task.judgements["glucose"] == JUDGEMENTS["glucose"]


def test_pairs_are_searched_for_among_all_passages(script: Script, data: Path) -> None:
    task = script("fit_final").train_set("asked", 0, 10, data)
    texts = {document.id: document.text for document in task.documents()}
    answers = {
        task.queries[query]: {texts[document] for document, grade in grades.items() if grade}
        for query, grades in task.judgements.items()
    }
    assert answers == {
        "what lowers glucose": {TEXTS["metformin"], TEXTS["insulin"]},
        "what eases a headache": {TEXTS["aspirin"]},
    }
    assert sorted(texts.values()) == sorted(TEXTS[name] for name in ("metformin", "insulin", "aspirin"))
    assert len(script("fit_final").train_set("asked", 1, 10, data).queries) == 1


def cells(told: str, first: str) -> list[str]:
    """Cells of the row whose first cell that is, without it."""
    (row,) = [line for line in told.splitlines() if line.startswith(f"| {first} |")]
    return row.strip("| ").split(" | ")[1:]


def test_the_line_makes_probabilities_of_margins(script: Script) -> None:
    fit_final = script("fit_final")
    task = retrieval_task()
    query = next(iter(task.judgements))
    answers = [document for document, grade in task.judgements[query].items() if grade > 0]
    rows = [fit_final.Scored("other", 0.0, margin) for margin in (-3.0, -2.0, -1.0, 0.0, 1.0)]
    rows += [fit_final.Scored(answers[0], 0.0, margin) for margin in (0.0, 1.0, 2.0)]
    line = fit_final.calibration({"set": (task, {query: rows})})
    assert line.slope > 0
    (found,) = fit_final.calibrated({query: rows}, line).values()
    share = sum(logistic(row.margin) for row in found) / len(found)
    # The least log loss gives the right sum, but for Platt's softened targets.
    assert share == pytest.approx(3 / 8, abs=0.05)


def test_each_set_counts_the_same_in_the_grid(script: Script) -> None:
    fit_final, task = script("fit_final"), retrieval_task()
    answer, other = fit_final.Scored("metformin", 0.01, 4.0), fit_final.Scored("bread", 0.03, -4.0)
    right = {"glucose": [other, answer]}
    sure = {"glucose": [answer._replace(rrf=0.03), other._replace(rrf=0.01)]}
    found = fit_final.told({"right": (task, right), "sure": (task, sure)})
    mean, of_right, of_sure = map(float, cells(found, "first stage"))
    assert of_right < of_sure
    assert mean == pytest.approx((of_right + of_sure) / 2, abs=1e-4)
    alone = fit_final.told({"right": (task, right)})
    # Where the reranker is right, its weight lifts the answer over what the first stage has before it.
    least, most = (float(cells(alone, f"{weight}")[0]) for weight in (0.1, 1.0))
    assert least == float(cells(alone, "first stage")[0]) < most
    assert cells(alone, "weight \\ temperature") == [str(each) for each in fit_final.TEMPERATURES]


def test_a_grid_is_printed_from_judged_sets_and_pairs(
    script: Script, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fit_final = script("fit_final")
    words = ["fit_final.py", "judged:1", "asked", "--queries", "2", "--reranker", "pertinent-mini-reranker"]
    monkeypatch.setattr("sys.argv", words)
    fit_final.main()
    told = capsys.readouterr().out
    assert "| weight, temperature | mean | judged | asked |" in told
    assert told.startswith("calibration: slope ")
    assert len(told.splitlines()) == 2 + 2 + len(fit_final.WEIGHTS) + 1 + 2 + 1 + 10
