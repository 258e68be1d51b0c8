from __future__ import annotations

import random
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from statistics import fmean

import pytest
import pytrec_eval

from pertinent.errors import DataError, UsageError
from pertinent.evaluate.result import Run
from pertinent.evaluate.run_files import write_run
from pertinent.evaluate.statistics.measures import MAX_GRADE, measure, parse_metrics, recall_by_depth
from pertinent.evaluate.statistics.work_saved import WorkSaved
from pertinent.evaluate.task import DEFAULT_METRICS, Task
from support import dl19

TREC_EVAL = {
    "nDCG@10": "ndcg_cut_10",
    "nDCG@3": "ndcg_cut_3",
    "nDCG": "ndcg",
    "P@5": "P_5",
    "P@20": "P_20",
    "MAP": "map",
    "AP@100": "map_cut_100",
    "MAP@10": "map_cut_10",
    "MRR": "recip_rank",
    "R@100": "recall_100",
    "Recall@5": "recall_5",
    "Success@1": "success_1",
    "Success@10": "success_10",
    "Rprec": "Rprec",
    "Bpref": "bpref",
    "infAP": "infAP",
    "IPrec@0.1": "iprec_at_recall_0.10",
    "SetP": "set_P",
    "SetRelP": "set_relative_P",
    "SetR": "set_recall",
    "SetF": "set_F",
    "SetAP": "set_map",
    "NumRet": "num_ret",
    "NumRelRet": "num_rel_ret",
}


def small(kind: str = "retrieval", **judgements: dict[str, int]) -> Task:
    queries = dict.fromkeys(judgements, "what?")
    return Task("small", "test", kind, queries, judgements, "hash")  # type: ignore[arg-type]


def order(documents: str) -> list[tuple[str, float]]:
    return [(document, 0.0) for document in documents]


def by_trec_eval(
    path: Path, run: Run, task: Task, names: set[str], level: int = 1
) -> dict[str, dict[str, float]]:
    """What pytrec_eval says of the written file."""
    write_run(path, run, "test")
    with path.open() as file:
        written = pytrec_eval.parse_run(file)
    grades = {query: dict(task.judgements[query]) for query in task.queries}
    return pytrec_eval.RelevanceEvaluator(grades, names, relevance_level=level).evaluate(written)


def shuffled(run: Run) -> Run:
    """Worse orders, of different lengths, with only a few different scores."""
    chance = random.Random(7)
    lists = {query: list(ranked) for query, ranked in run.items()}
    return {
        query: [
            (document, float(score // 4)) for document, score in chance.sample(ranked, chance.randint(3, 100))
        ]
        for query, ranked in lists.items()
    }


@pytest.mark.parametrize("name", ["trec_dl19_bm25", "trec_dl19_splade"])
@pytest.mark.parametrize("change", [lambda run: run, shuffled], ids=["as_given", "shuffled"])
def test_values_are_trec_evals_on_real_runs(data_folder: Path, tmp_path: Path, name: str, change) -> None:
    run, task = dl19.first_stage(data_folder / name)
    run = change(run)
    ours = measure(run, task, parse_metrics(list(TREC_EVAL)))
    theirs = by_trec_eval(tmp_path / "run.trec", run, task, set(TREC_EVAL.values()))
    assert len(theirs) == len(task.queries) == 43
    for metric, trec_name in TREC_EVAL.items():
        assert list(ours[metric]) == list(task.queries)
        assert ours[metric] == {query: theirs[query][trec_name] for query in task.queries}, metric


def test_levels_of_relevance_are_trec_evals(data_folder: Path, tmp_path: Path) -> None:
    run, task = dl19.first_stage(data_folder / "trec_dl19_bm25")
    ours = measure(run, task, parse_metrics(["AP(rel=2)@100", "p(rel=2)@10"]))
    theirs = by_trec_eval(tmp_path / "run.trec", run, task, {"map_cut_100", "P_10"}, level=2)
    assert ours["AP(rel=2)@100"] == {query: theirs[query]["map_cut_100"] for query in task.queries}
    assert ours["p(rel=2)@10"] == {query: theirs[query]["P_10"] for query in task.queries}


def test_reciprocal_rank_with_a_cutoff_is_that_of_the_cut_run(data_folder: Path, tmp_path: Path) -> None:
    run, task = dl19.first_stage(data_folder / "trec_dl19_bm25")
    cut = {query: ranked[:10] for query, ranked in run.items()}
    theirs = by_trec_eval(tmp_path / "run.trec", cut, task, {"recip_rank"})
    ours = measure(run, task, parse_metrics(["MRR@10"]))["MRR@10"]
    assert ours == pytest.approx({query: theirs[query]["recip_rank"] for query in task.queries})


@pytest.mark.parametrize(("name", "value"), [("trec_dl19_bm25", 0.5058), ("trec_dl19_splade", 0.7308)])
def test_published_first_stages(data_folder: Path, name: str, value: float) -> None:
    run, task = dl19.first_stage(data_folder / name)
    assert round(fmean(measure(run, task, parse_metrics(["nDCG@10"]))["nDCG@10"].values()), 4) == value


def test_judged_counts_what_stands_in_the_judgements() -> None:
    task = small(q={"a": 1, "b": 0, "c": -1}, r={"a": 1})
    values = measure({"q": order("abxc"), "r": []}, task, parse_metrics(["judged@4", "Judged@2"]))
    assert values == {"judged@4": {"q": 0.75, "r": 0.0}, "Judged@2": {"q": 1.0, "r": 0.0}}


def test_equal_scores_keep_their_order() -> None:
    task = small(q={"b": 1})
    mrr = parse_metrics(["MRR", "MRR@10"])
    for documents, value in (("abc", 1 / 2), ("bca", 1.0), ("cab", 1 / 3)):
        for score in (0.0, 1e9, float("nan")):
            values = measure({"q": [(document, score) for document in documents]}, task, mrr)
            assert values == {name: {"q": pytest.approx(value)} for name in ("MRR", "MRR@10")}


def test_scores_that_only_64_bits_tell_apart_keep_their_order() -> None:
    run = {"q": [("a", 1.0 + 1e-12), ("b", 1.0), ("c", 2.0)]}  # c comes last whatever its score
    values = measure(run, small(q={"a": 1}, r={"x": 1}), parse_metrics(["P@1"]))
    assert values == {"P@1": {"q": 1.0, "r": 0.0}}


def test_every_judged_query_has_a_value_and_no_other() -> None:
    task = small(z={"a": 1}, b={"a": 1}, nothing={}, none_relevant={"a": 0})
    run = {"stranger": order("a"), "b": order("a"), "nothing": order("a"), "none_relevant": order("a")}
    names = [*TREC_EVAL, "MRR@10", "Judged@5"]
    values = measure(run, task, parse_metrics(names))
    assert list(values) == names
    assert all(list(each) == ["z", "b", "nothing", "none_relevant"] for each in values.values())
    assert values["nDCG@10"] == {"z": 0.0, "b": 1.0, "nothing": 0.0, "none_relevant": 0.0}
    assert set(measure({}, task, parse_metrics(names))["MAP"].values()) == {0.0}


def test_a_sample_of_the_queries_is_measured_alone() -> None:
    task = small(q={"a": 1}, r={"a": 1}).sample(1)
    assert list(measure({"q": order("a"), "r": order("a")}, task, parse_metrics(["MAP"]))["MAP"]) == list(
        task.queries
    )


def test_ids_that_would_crash_trec_eval() -> None:
    strange = ["a\0b", "a\0c", "lone \ud800", "white space", "", "é" * 5000]
    values = measure(
        {"\ud800": [(i, 0.0) for i in strange]}, small(**{"\ud800": {"a\0c": 1}}), parse_metrics(["MRR"])
    )
    assert values == {"MRR": {"\ud800": 0.5}}


def test_a_document_twice_is_refused() -> None:
    with pytest.raises(DataError, match="twice"):
        measure({"q": order("aba")}, small(q={"a": 1}), parse_metrics(["MAP"]))


@pytest.mark.parametrize("grade", [MAX_GRADE + 1, 10**30, -(10**30)])
def test_grades_without_measure_are_refused(grade: int) -> None:
    with pytest.raises(DataError, match="grade"):
        measure({"q": order("a")}, small(q={"a": grade}), parse_metrics(["nDCG"]))


def test_own_gains() -> None:
    name = "nDCG(gains={0:0,1:1,2:3})@2"
    value = measure({"q": order("ab")}, small(q={"a": 1, "b": 2}), parse_metrics([name]))[name]["q"]
    log3 = 1.5849625007211562
    assert value == pytest.approx((1 + 3 / log3) / (3 + 1 / log3))


@pytest.mark.parametrize(
    ("spelt", "meant"),
    [
        ("ndcg@10", "nDCG@10"), ("NDCG@10", "nDCG@10"), ("map", "AP"), ("MAP@100", "AP@100"), ("ap", "AP"),
        ("mrr@10", "RR@10"), ("MRR", "RR"), ("rr", "RR"), ("recall@100", "R@100"), ("r@5", "R@5"),
        ("precision@5", "P@5"), ("p@5", "P@5"), ("success@1", "Success@1"), ("judged@10", "Judged@10"),
        ("BPREF", "Bpref"), ("rprec", "Rprec"), (" nDCG @ 10 ", "nDCG@10"),
        ("setrelp", "SetP(relative=True)"), ("AP(rel=2)", "AP(rel=2)"), ("numrelret", "NumRet(rel=1)"),
    ],
)  # fmt: skip
def test_spellings(spelt: str, meant: str) -> None:
    (metric,) = parse_metrics([spelt])
    assert (metric.name, str(metric.measure)) == (spelt, meant)


def test_a_name_counts_once_and_spellings_are_kept() -> None:
    values = measure({"q": order("ba")}, small(q={"a": 1}), parse_metrics(["MAP", "ap", "MAP", "AP"]))
    assert values == {name: {"q": 0.5} for name in ("MAP", "ap", "AP")}


def test_usual_metrics_of_every_kind_are_known() -> None:
    for names in DEFAULT_METRICS.values():
        assert tuple(metric.name for metric in parse_metrics(names)) == names


@pytest.mark.parametrize(
    "name",
    ["", "@10", "F1", "nDCG10", "NumQ", "NumRel", "ERR@10", "Compat", "Accuracy", "alpha_nDCG@10", "WSS",
     "WSS@0", "WSS@101", "__import__", "os.system('x')", "MAP; P@5", "nd\u200bcg@10", "x" * 100_000],
)  # fmt: skip
def test_unknown_metrics(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_metrics(["MAP", name])
    assert "nDCG" in caught.value.hint
    assert "WSS" in caught.value.hint
    assert len(caught.value.message) < 400


@pytest.mark.parametrize(
    "name",
    ["P", "R", "Success", "IPrec", "P@0", "P@-1", "P@5.5", "P@'5'", "P@True", "P@10**9", "P@1000001", "nDCG@",
     "AP(rel=0)", "AP(rel=10000)", "AP(relevant=2)", "AP(2)", "IPrec@1.5", "IPrec@0.951", "SetF(beta=1e300)",
     "nDCG(dcg='exp-log2')@10", "nDCG(gains={1:100000000})@10", "nDCG(gains={'a':1})@10",
     "nDCG(gains={[]:1})", "R@5@6", "AP" + "(" * 150, "P@5\0", "AP(rel=2", "AP(judged_only=1)"],
)  # fmt: skip
def test_wrong_parameters(name: str) -> None:
    with pytest.raises(UsageError, match="cutoff or has a wrong parameter"):
        parse_metrics([name])


def test_work_saved_goes_with_the_others() -> None:
    task = small("screening", q={"a": 1, "b": 1, "c": 0, "d": 0}, r={"a": 1})
    values = measure({"q": order("bacd")}, task, parse_metrics(["wss@95", "MAP"]))
    assert values == {"wss@95": {"q": 0.45, "r": 0.0}, "MAP": {"q": 1.0, "r": 0.0}}
    assert parse_metrics(["WSS@100"])[0].measure == WorkSaved(100)


def test_work_saved_needs_a_screening() -> None:
    with pytest.raises(UsageError, match="WSS@95"):
        measure({"q": order("a")}, small(q={"a": 1}), parse_metrics(["WSS@95"]))


def test_recall_by_depth() -> None:
    task = small(q={"a": 1, "b": 1}, r={"c": 1})
    run = {"q": order("xayb"), "r": order("c")}
    assert recall_by_depth(run, task, [4, 1, 2]) == {4: 1.0, 1: 0.5, 2: 0.75}
    assert recall_by_depth(run, task, []) == {}


def test_no_metrics_no_values() -> None:
    assert measure({}, small(q={"a": 1}), parse_metrics([])) == {}


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    with pytest.raises(UsageError, match=r"pertinent\[eval\]"):
        parse_metrics(["MAP"])


def test_import_needs_no_extra_package() -> None:
    code = (
        "import sys, pertinent.evaluate.statistics.measures; "
        "print({'ir_measures', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_no_metric_changes_another(data_folder: Path) -> None:
    run, task = dl19.first_stage(data_folder / "trec_dl19_bm25")
    names = ["nDCG@10", "nDCG(gains={1:0,2:3,3:7})@10", "nDCG(judged_only=True)@100", "NumRet", "MRR@10"]
    names += ["AP(rel=2)", "SetF", "SetF(beta=2.0)"]
    alone = [measure(run, task, parse_metrics([name]))[name] for name in names]
    assert all(a != b for a, b in combinations(alone, 2))
    assert list(measure(run, task, parse_metrics(names)).values()) == alone
    assert list(measure(run, task, parse_metrics(names[::-1])).values()) == alone[::-1]
