"""Several pairs are measured alike, each beside another; two results of one configuration are compared."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.carried_results import pair_result
from support.evaluations import task_result

Script = Callable[[str], ModuleType]


def rows(script: Script, folder: Path, text: str) -> list[Any]:
    file = folder / "list.toml"
    file.write_text(text, "utf-8")
    found: list[Any] = script("carried_ablations").read_rows(file)
    return found


def test_rows_are_compared_with_the_one_before_or_by_name(script: Script, tmp_path: Path) -> None:
    (tmp_path / "trained").mkdir()
    first, second, third = rows(
        script,
        tmp_path,
        '[[pairs]]\nname = "a"\n'
        '[[pairs]]\nname = "b"\nreranker = "trained"\n'
        '[[pairs]]\nname = "c"\nembedder = "pertinent-mini-embedder"\nagainst = "a"\n',
    )
    assert (first.against, second.against, third.against) == (None, "a", "a")
    assert first.pair == script("carried_quality").Pair()
    assert second.pair.reranker == str(tmp_path / "trained")
    assert third.pair.embedder == "pertinent-mini-embedder"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[pairs]]\nreranker = 'a'\n",
        "[[pairs]]\nname = 'a'\n[[pairs]]\nname = 'a'\n",
        "[[pairs]]\nname = 'a'\nrerankr = 'b'\n",
        "[[pairs]]\nname = 'a'\nagainst = 'b'\n[[pairs]]\nname = 'b'\n",
    ],
)
def test_a_list_that_makes_no_sense_is_refused(script: Script, tmp_path: Path, text: str) -> None:
    with pytest.raises(SystemExit):
        rows(script, tmp_path, text)


def test_a_pair_minus_another_is_a_mean_over_sets(script: Script) -> None:
    ablations = script("carried_ablations")
    better = {judged.name: task_result(queries=30) for judged in ablations.SETS}
    worse = {name: lowered(copy.deepcopy(result), 0.1) for name, result in better.items()}
    found = ablations.minus(better, worse)
    assert found["difference"] == pytest.approx(0.1)
    assert found["interval"] == pytest.approx([0.1, 0.1])


def lowered(result: Any, by: float) -> Any:
    values = result.stages["final"].values["nDCG@10"]
    values.update({query: value - by for query, value in values.items()})
    return result


def test_each_row_is_written_before_the_next_is_measured(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ablations, out = script("carried_ablations"), tmp_path / "out.json"
    seen: list[list[str]] = []

    def measured(row: Any, known: Any, limit: int | None) -> tuple[dict[str, Any], Any]:
        assert limit == 5
        seen.append(list(json.loads(out.read_text("utf-8"))["rows"]) if out.exists() else [])
        return {"against": row.against}, {}

    (tmp_path / "list.toml").write_text('[[pairs]]\nname = "a"\n[[pairs]]\nname = "b"\n', "utf-8")
    monkeypatch.setenv("PERTINENT_DATA", str(tmp_path))
    monkeypatch.setattr(ablations, "measured", measured)
    monkeypatch.setattr(
        ablations.carried_speed, "measure", lambda *given: {"baseline": given[-1], "of": given[1]}
    )
    words = ["some.py", str(tmp_path / "list.toml"), "--limit", "5", "--speed", "--out", str(out)]
    monkeypatch.setattr("sys.argv", words)
    ablations.main()
    assert seen == [[], ["a"]]
    values = json.loads(out.read_text("utf-8"))
    assert values["rows"] == {"a": {"against": None}, "b": {"against": "a"}}
    assert values["speed"] == {"baseline": "a", "of": {"a": None, "b": None}}
    assert values["limit"] == 5
    assert "list.toml" in values["card"]["command"]


def test_the_same_pair_twice_differs_by_nothing(
    script: Script, carried_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.json"
    (tmp_path / "list.toml").write_text('[[pairs]]\nname = "a"\n[[pairs]]\nname = "b"\n', "utf-8")
    monkeypatch.setattr("sys.argv", ["some.py", str(tmp_path / "list.toml"), "--out", str(out)])
    script("carried_ablations").main()
    first, second = json.loads(out.read_text("utf-8"))["rows"].values()
    assert second["minus"] == {"difference": 0.0, "interval": [0.0, 0.0]}
    assert first["sets"] == second["sets"]
    assert set(first["calibration"]) == {"bioasq", "pubmedqa", "evidence_inference", "all"}


def test_the_spread_is_of_every_figure(script: Script) -> None:
    first, second = pair_result(), pair_result()
    second["quality"]["sets"]["scifact"]["stages"]["final"]["mean"] += 0.01
    second["calibration"]["sets"]["all"]["quality"]["ece"] -= 0.02
    found = script("carried_spread").compare(first, second)["figures"]
    assert len(found) == 5 * 5 + 2 * 3 + 1 + 2
    moved = {name: each["difference"] for name, each in found.items() if each["difference"]}
    assert moved == pytest.approx({"scifact, final": 0.01, "all, ECE": -0.02})


def test_embedders_are_compared_by_the_lists_that_depend_on_them(script: Script) -> None:
    spread = script("carried_spread")
    first, second = pair_result(), pair_result()
    second["quality"]["sets"]["scifact"]["stages"]["dense"]["mean"] += 0.01
    second["quality"]["sets"]["scifact"]["stages"]["final"]["mean"] += 0.02
    found = spread.compare(spread.first_stage(first), spread.first_stage(second))
    assert len(found["figures"]) == 5 * 2
    moved = {name: each["difference"] for name, each in found["figures"].items() if each["difference"]}
    assert moved == pytest.approx({"scifact, dense": 0.01})
    assert [list(models) for models in found["models"]] == [["embedder"], ["embedder"]]
    with pytest.raises(SystemExit):
        spread.compare(*(spread.first_stage({"models": each["models"]}) for each in (first, second)))


@pytest.mark.parametrize("change", ["limit", "data", "parts"])
def test_results_of_other_data_or_parts_are_not_compared(script: Script, change: str) -> None:
    first, second = pair_result(), pair_result()
    if change == "limit":
        second["quality"]["limit"] = 100
    elif change == "data":
        second["quality"]["sets"]["scifact"]["data_hash"] = "another"
    else:
        del second["calibration"]
    with pytest.raises(SystemExit):
        script("carried_spread").compare(first, second)


def test_results_without_figures_are_not_compared(script: Script) -> None:
    result = pair_result()
    timed = {part: result[part] for part in ("models", "speed")}
    with pytest.raises(SystemExit):
        script("carried_spread").compare(timed, timed)


def test_a_spread_is_written_from_two_files(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, out = tmp_path / "one.json", tmp_path / "spread.json"
    file.write_text(json.dumps(pair_result()), "utf-8")
    monkeypatch.setattr("sys.argv", ["some.py", str(file), str(file), "--out", str(out)])
    script("carried_spread").main()
    values = json.loads(out.read_text("utf-8"))
    assert {each["difference"] for each in values["figures"].values()} == {0.0}
    assert len(values["models"]) == 2
