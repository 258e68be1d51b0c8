"""A pair of models is measured on its sets; what reranking adds is corrected; parts are kept by models."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from support.carried_results import GIVEN, SEARCHED
from support.evaluations import task_result
from support.small_task import QUERIES, TEXTS

Script = Callable[[str], ModuleType]


def run(script: Script, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> dict[str, Any]:
    out = arguments[arguments.index("--out") + 1]
    monkeypatch.setattr("sys.argv", ["benchmarks/carried_pair.py", *arguments])
    script("carried_pair").main()
    values: dict[str, Any] = json.loads(Path(out).read_text("utf-8"))
    return values


def test_quality_tells_stages_gains_and_their_mean(
    script: Script, carried_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "pair.json"
    values = run(script, monkeypatch, "quality", "--limit", "2", "--out", str(out))
    quality = values["quality"]
    assert list(quality["sets"]) == [*SEARCHED, *GIVEN]
    for name, each in quality["sets"].items():
        assert (each["queries"], each["judged_queries"]) == (2, len(QUERIES))
        before = "first_stage" if name in GIVEN else "rrf"
        assert each["baseline"] == before
        assert {before, "rerank", "final"} <= set(each["stages"])
        difference = each["stages"]["final"]["mean"] - each["stages"][before]["mean"]
        assert each["gain"]["difference"] == pytest.approx(difference)
    corrected = {name: each["gain"]["p_holm"] for name, each in quality["sets"].items()}
    assert corrected.pop("mediqa2019_qa") is None
    assert all(p is not None for p in corrected.values())
    mean = np.mean([quality["sets"][name]["gain"]["difference"] for name in corrected])
    assert quality["mean_gain"]["difference"] == pytest.approx(mean)
    assert values["models"]["reranker"]["constants"]["weight"] > 0
    assert quality["card"]["command"].startswith("python benchmarks/carried_pair.py quality")
    assert str(tmp_path) not in out.read_text("utf-8")


def test_calibration_is_told_for_each_set_and_all_pairs(
    script: Script, carried_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run(script, monkeypatch, "calibration", "--out", str(tmp_path / "pair.json"))["calibration"]
    assert list(found["sets"]) == ["pubmedqa", "bioasq", "evidence_inference", "all"]
    *each, together = found["sets"].values()
    assert together["pairs"] == sum(one["pairs"] for one in each) == 3 * len(QUERIES) * len(TEXTS)
    assert (together["queries"], together["relevant"]) == (3 * len(QUERIES), 3 * 4)
    assert [one["quality"]["ece"] for one in each] == pytest.approx([together["quality"]["ece"]] * 3)
    assert sum(one["pairs"] for one in together["reliability"]) == together["pairs"]


def test_speed_is_told_beside_the_peer(
    script: Script, carried_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = str(tmp_path / "pair.json")
    found = run(script, monkeypatch, "speed", "--rounds", "1", "--out", out)["speed"]
    assert found["indexing"]["documents"] > 3
    pairs = {title: each["pairs"] for title, each in found["reranking"].items()}
    assert pairs["MS MARCO passages"] == 5 * len(QUERIES)
    for each in (*found["reranking"].values(), found["indexing"]):
        assert list(each["systems"]) == ["pair", "peer"]
        assert each["systems"]["peer"]["times"] == 1.0
        assert all(one["per_second"] > 0 for one in each["systems"].values())


def test_the_peer_is_measured_where_targets_name_it(
    script: Script, carried_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run(script, monkeypatch, "peer", "--limit", "2", "--out", str(tmp_path / "pair.json"))["peer"]
    assert {name: list(each["stages"]) for name, each in found["sets"].items()} == {
        "scifact": ["bm25", "dense", "rrf"],
        "nfcorpus": ["bm25", "dense", "rrf"],
        "trec_dl19_bm25": ["first_stage", "rerank", "final"],
    }


def test_the_interval_of_the_calibration_error_draws_whole_queries(script: Script) -> None:
    calibration, rng = script("carried_calibration"), np.random.default_rng(0)
    # Each query is all right or all wrong, so that its 40 pairs tell no more than one of them would.
    right = np.repeat(rng.random(150) < 0.6, 40)
    queries = np.repeat(np.arange(150), 40)
    many = calibration.Pairs(np.full(6000, 0.1), right, queries)
    one = calibration.Pairs(np.full(150, 0.1), right[::40], np.arange(150))
    assert calibration.ece_interval(many) == pytest.approx(calibration.ece_interval(one))
    low, high = calibration.ece_interval(many)
    assert low < right.mean() - 0.1 < high
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(0.24 / 150), rel=0.1)


def test_the_error_that_is_resampled_is_the_one_that_is_told(script: Script) -> None:
    calibration, rng = script("carried_calibration"), np.random.default_rng(0)
    probabilities = np.append(rng.random(500), np.linspace(0, 1, 16))  # edges of bins among them
    single = calibration.Pairs(probabilities, rng.random(516) < 0.3, np.zeros(516, np.int64))
    assert calibration.ece_interval(single) == pytest.approx([calibration.told(single)["quality"]["ece"]] * 2)


def test_queries_of_joined_sets_stay_apart(script: Script) -> None:
    calibration = script("carried_calibration")
    one = calibration.Pairs(np.array([0.1, 0.2]), np.array([True, False]), np.array([0, 1]))
    assert calibration.joined([one, one]).queries.tolist() == [0, 1, 2, 3]


def test_systems_take_turns_and_the_first_round_does_not_count(script: Script) -> None:
    told: list[str] = []
    systems = {name: lambda piece, name=name: told.append(f"{name}{piece}") for name in "ab"}
    seconds = script("carried_speed").take_turns(systems, [0, 1], 2)
    assert told == ["a0", "b0", "b1", "a1"] * 3
    assert {name: len(each) for name, each in seconds.items()} == {"a": 2, "b": 2}


def test_parts_of_other_models_are_dropped(script: Script, tmp_path: Path) -> None:
    kept, file = script("carried_pair").kept, tmp_path / "pair.json"
    assert kept(file, {"embedder": 1}) == {"models": {"embedder": 1}}
    file.write_text(json.dumps({"models": {"embedder": 1}, "speed": {}}), "utf-8")
    assert kept(file, {"embedder": 1}) == {"models": {"embedder": 1}, "speed": {}}
    assert kept(file, {"embedder": 2}) == {"models": {"embedder": 2}}


def test_every_set_weighs_the_same_in_the_mean_gain(script: Script) -> None:
    quality = script("carried_quality")
    found = quality.mean_gain({"many": [0.1] * 900, "few": [0.3, 0.3]})
    assert found["difference"] == pytest.approx(0.2)
    assert found["interval"] == pytest.approx([0.2, 0.2])


def test_the_interval_of_the_mean_gain_is_that_of_independent_sets(script: Script) -> None:
    quality, rng = script("carried_quality"), np.random.default_rng(1)
    sets = [rng.normal(0.1, 0.3, 400), rng.normal(-0.05, 0.2, 3000), rng.normal(0.0, 0.1, 50)]
    low, high = quality.stratified_interval(sets)
    mean = np.mean([each.mean() for each in sets])
    error = np.sqrt(sum(each.var() / len(each) for each in sets)) / len(sets)
    assert [low, high] == pytest.approx([mean - 1.96 * error, mean + 1.96 * error], abs=0.05 * error)
    assert (low, high) == quality.stratified_interval(sets)


def test_differences_are_of_the_same_query(script: Script) -> None:
    result = task_result(("rrf", "rerank", "final"), queries=5)
    found = script("carried_quality").differences(result, "rerank")
    before, after = (result.stages[name].values["nDCG@10"] for name in ("rrf", "rerank"))
    assert found == [after[query] - before[query] for query in before]
