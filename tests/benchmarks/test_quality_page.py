"""The results page says what the results say, and names what is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pertinent.evaluate.request import Request
from support.evaluations import task_result

Script = Callable[[str], ModuleType]
MODEL = {"name": "mini", "revision": "abc", "constants": {"weight": 0.5, "temperature": 2.0}}


def card(language: str) -> dict[str, Any]:
    return {
        "request": Request(("somewhere",), candidates=50).to_dict(),
        "embedder": {"name": "mini-embedder", "revision": "def"},
        "rerankers": {"mini": MODEL},
        "bm25": {"language": language},
    }


@pytest.fixture
def write(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Writes made-up results of sets; the page then reads those alone."""
    monkeypatch.setattr(script("page_parts"), "RESULTS", tmp_path)

    def write_results(names: Iterable[str]) -> None:
        sets = script("quality_sets")
        for judged in sets.chosen(names):
            given = ("first_stage", "rerank", "final") if judged.table == "candidates" else judged.stages
            result = task_result(
                given,
                queries=1 if judged.table == "screening" else judged.queries or 40,
                metrics=judged.measures or sets.MEASURES[judged.table],
                groups=judged.table == "memory",
                dataset=judged.name,
                split=judged.split,
            )
            values = {"judged_queries": 300, **result.to_dict(), "card": card(judged.language or "english")}
            file = tmp_path / "quality" / f"{judged.name}.json"
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(values), "utf-8")

    return write_results


def sections(script: Script) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = script("quality_page").sections()
    return found


def test_without_results_there_is_no_section(script: Script, write: Callable[..., None]) -> None:
    assert sections(script) == {}


def test_every_kind_of_set_has_its_section(script: Script, write: Callable[..., None]) -> None:
    write([])
    found = sections(script)
    assert list(found) == [
        "Quality",
        "Quality on given candidates",
        "Quality in other languages",
        "Memory of conversations",
        "Citation screening",
        "Beside published figures",
    ]
    assert found["Quality"][0] == "python benchmarks/quality.py english"
    for _, text in found.values():
        assert "Not measured yet" not in text
        assert "\n\n\n" not in text
        for table in re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE):
            assert len({line.count("|") for line in table.splitlines()}) == 1


def test_figures_are_those_of_the_result(script: Script, write: Callable[..., None], tmp_path: Path) -> None:
    write(["pubmedqa"])
    text = sections(script)["Quality"][1]
    stored = json.loads((tmp_path / "quality" / "pubmedqa.json").read_text("utf-8"))
    mean, (low, high) = stored["stages"]["bm25"]["nDCG@10"], stored["intervals"]["bm25"]["nDCG@10"]
    assert (
        f"| pubmedqa test | {stored['queries']} of 300 | BM25 | {mean:.3f} ({low:.3f}–{high:.3f}) |" in text
    )
    gain = next(e for e in stored["comparisons"] if (e["stage"], e["metric"]) == ("final", "nDCG@10"))
    assert f"| pubmedqa test | +{gain['difference']:.3f} (" in text
    assert f"| {gain['wins']} | {gain['losses']} | {gain['ties']} |" in text
    assert "Not measured yet: scifact, nfcorpus, bioasq" in text


def test_a_sample_says_of_how_many(script: Script, write: Callable[..., None], tmp_path: Path) -> None:
    write(["insuranceqa_en"])
    file = tmp_path / "quality" / "insuranceqa_en.json"
    stored = json.loads(file.read_text("utf-8"))
    taken = stored["queries"]
    assert f"| insuranceqa_en dev | {taken} of 300 |" in sections(script)["Quality"][1]
    file.write_text(json.dumps(stored | {"judged_queries": taken}), "utf-8")
    assert f"| insuranceqa_en dev | {taken} |" in sections(script)["Quality"][1]


def test_p_is_corrected_over_both_english_tables(
    script: Script, write: Callable[..., None], tmp_path: Path
) -> None:
    write(["scifact", "nfcorpus", "wikiqa", "locomo", "jaquad"])
    for name, p in (("scifact", 0.01), ("nfcorpus", 0.2), ("wikiqa", 0.04)):
        file = tmp_path / "quality" / f"{name}.json"
        values = json.loads(file.read_text("utf-8"))
        for comparison in values["comparisons"]:
            comparison["p"] = p
        file.write_text(json.dumps(values), "utf-8")
    found = sections(script)
    rows = [line for _, text in found.values() for line in text.splitlines()]
    assert any(row.startswith("| scifact test |") and row.endswith("| 0.010 | 0.030 |") for row in rows)
    assert any(row.startswith("| wikiqa dev |") and row.endswith("| 0.040 | 0.080 |") for row in rows)
    assert "over all 3 sets" in found["Quality"][1]


def test_screening_compares_over_reviews(script: Script, write: Callable[..., None], tmp_path: Path) -> None:
    write(["screening"])
    for number, file in enumerate(sorted((tmp_path / "quality").glob("*.json"))):
        values = json.loads(file.read_text("utf-8"))
        values["stages"]["bm25"]["WSS@95"] = 0.1 * number
        values["stages"]["dense"]["WSS@95"] = 0.1 * number + 0.05
        file.write_text(json.dumps(values), "utf-8")
    text = sections(script)["Citation screening"][1]
    assert re.search(r"\| mean of 9 \| 0\.400 \| 0\.450 \|", text)
    # All of nine go one way: 2 of the 512 ways to set their signs.
    assert "| dense | +0.050 (+0.050 to +0.050) | 9 | 0 | 0 | 0.004 |" in text


def test_other_languages_are_told_to_be_beyond_the_models(script: Script, write: Callable[..., None]) -> None:
    write(["xquad_r_hi", "germanquad"])
    text = sections(script)["Quality in other languages"][1]
    assert "mini-embedder and mini, were trained on English alone" in text
    assert "xquad_r_hi none" in text
    assert "germanquad german" in text


def test_memory_is_told_by_type_of_question(script: Script, write: Callable[..., None]) -> None:
    write(["locomo"])
    text = sections(script)["Memory of conversations"][1]
    assert re.search(r"^\| temporal \| 20 \|( 0\.\d{3} \|){6}$", text, re.MULTILINE)


def test_published_figures_stand_beside_ours(script: Script, write: Callable[..., None]) -> None:
    write(["trec_dl19_bm25", "scifact_flat"])
    (row,) = [line for line in sections(script)["Beside published figures"][1].splitlines() if "TREC" in line]
    assert "| 0.506 |" in row
