"""The quality suite writes a result with its run card for each set, and measures nothing twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.small_task import QUERIES, small_beir

Script = Callable[[str], ModuleType]
RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


@pytest.fixture
def by_bm25(script: Script, tmp_path: Path) -> Any:
    """A small set of BM25 alone, which needs no model."""
    small_beir(tmp_path / "small")
    return script("quality_sets").JudgedSet("tiny", "published", path="small", stages=("bm25",))


def measure(script: Script, judged: Any, folder: Path, *, fresh: bool = False) -> dict[str, Any]:
    script("quality").measure(judged, folder, folder / "out", fresh=fresh)
    values: dict[str, Any] = json.loads((folder / "out" / "tiny.json").read_text("utf-8"))
    return values


def test_a_result_holds_means_intervals_and_a_card_without_places(
    script: Script, by_bm25: Any, tmp_path: Path
) -> None:
    values = measure(script, by_bm25, tmp_path)
    assert (values["queries"], values["judged_queries"]) == (len(QUERIES), len(QUERIES))
    assert values["stages"]["bm25"]["nDCG@10"] > 0.9
    assert values["card"]["request"]["paths"] == ["small"]
    assert str(tmp_path) not in json.dumps(values)


def test_what_is_there_is_not_measured_again(script: Script, by_bm25: Any, tmp_path: Path) -> None:
    measure(script, by_bm25, tmp_path)
    file = tmp_path / "out" / "tiny.json"
    marked = {**json.loads(file.read_text("utf-8")), "mark": "untouched"}
    file.write_text(json.dumps(marked), "utf-8")
    assert measure(script, by_bm25, tmp_path)["mark"] == "untouched"
    assert "mark" not in measure(script, by_bm25, tmp_path, fresh=True)


@pytest.mark.parametrize("change", [{"queries": 2}, {"bm25": (0.9, 0.4)}, {"language": "german"}])
def test_another_request_is_measured_anew(
    script: Script, by_bm25: Any, tmp_path: Path, change: dict[str, Any]
) -> None:
    before = measure(script, by_bm25, tmp_path)
    after = measure(script, replace(by_bm25, **change), tmp_path)
    assert before["card"]["request"] != after["card"]["request"]


def test_other_data_is_measured_anew(script: Script, by_bm25: Any, tmp_path: Path) -> None:
    before = measure(script, by_bm25, tmp_path)
    with (tmp_path / "small" / "corpus.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('\n{"_id": "clock", "title": "", "text": "The museum shows old clocks."}\n')
    after = measure(script, by_bm25, tmp_path)
    assert before["card"]["data_hash"] != after["card"]["data_hash"]


@pytest.mark.parametrize("part", ["packages", "embedder", "rerankers"])
def test_another_version_or_model_is_measured_anew(
    script: Script, by_bm25: Any, tmp_path: Path, part: str
) -> None:
    card = measure(script, by_bm25, tmp_path)["card"]
    is_there, file = script("quality").is_there, tmp_path / "out" / "tiny.json"
    assert is_there(file, card)
    assert is_there(file, {**card, "when": "later", "machine": {}})
    assert not is_there(file, {**card, part: {"name": "another"}})


def test_names_choose_sets_and_tables(script: Script) -> None:
    sets = script("quality_sets")
    assert sets.chosen([]) == sets.SETS
    assert [each.name for each in sets.chosen(["memory", "scifact"])] == ["scifact", "locomo", "realtalk"]
    with pytest.raises(KeyError, match="sci"):
        sets.chosen(["sci"])


def test_every_name_is_given_once(script: Script) -> None:
    sets = script("quality_sets").SETS
    assert len({each.name for each in sets} | {each.table for each in sets}) == len(sets) + 6


def test_each_set_is_one_task_of_its_split(script: Script, data_folder: Path) -> None:
    from pertinent.evaluate.sources.opening import open_tasks

    for judged in script("quality_sets").SETS:
        assert (data_folder / judged.place).exists(), judged.name
    for name in ("mmlongbench", "mediqa2019_qa", "Cohen_2006_UrinaryIncontinence"):
        (judged,) = script("quality_sets").chosen([name])
        (task,) = open_tasks(data_folder / judged.place, judged.split)
        assert task.name == name


def test_committed_results_are_of_the_sets_as_they_stand_in_the_table(script: Script) -> None:
    for file in (RESULTS / "quality").glob("*.json"):
        (judged,) = script("quality_sets").chosen([file.stem])
        card = json.loads(file.read_text("utf-8"))["card"]
        assert card["request"] == judged.request(Path("data")).to_dict() | {"paths": [judged.place]}
        assert len(card["machine"]["system"].split()) == 2
