"""The page tells of each target whether it is met, by the figures of the results."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.carried_results import ablation_rows, pair_result

Script = Callable[[str], ModuleType]
Sections = Callable[[Mapping[str, Any]], dict[str, tuple[str, str]]]
PAIR, TRIED, ABLATIONS, SPREAD = (
    "The carried pair and its targets",
    "Pairs that were tried",
    "What each stage of training adds",
    "Building the pair again",
)
BELOW = "sets significantly below the first stage"
INDEXING = "documents embedded: times as fast as the peer"


@pytest.fixture
def sections(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sections:
    """Sections of the page from results by their names."""
    monkeypatch.setattr(script("page_parts"), "RESULTS", tmp_path)
    (tmp_path / "carried").mkdir()

    def written(results: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
        for name, values in results.items():
            (tmp_path / "carried" / f"{name}.json").write_text(json.dumps(values), "utf-8")
        found: dict[str, tuple[str, str]] = script("carried_page").sections()
        return found

    return written


def met(text: str) -> dict[str, str]:
    """What -> yes or no, of the table of targets."""
    rows = re.findall(r"^\| ([^|]+) \|[^|]+\|[^|]+\| (yes|no) \|$", text, re.MULTILINE)
    return dict(rows)


def test_without_results_there_is_no_section(sections: Sections) -> None:
    assert sections({}) == {}


def test_every_result_has_its_section_with_sound_tables(script: Script, sections: Sections) -> None:
    spread = script("carried_spread").compare(pair_result(), pair_result())
    tried = {"pairs": {"first": script("carried_tried").reached(pair_result())}}
    found = sections({"pair": pair_result(), "tried": tried, "ablations": ablation_rows(), "spread": spread})
    assert list(found) == [PAIR, TRIED, ABLATIONS, SPREAD]
    for command, text in found.values():
        assert command.startswith("python benchmarks/carried_")
        assert "None" not in text
        tables = re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE)
        assert tables
        for table in tables:
            assert len({line.count("|") for line in table.splitlines()}) == 1


def test_a_pair_that_does_all_that_was_asked_meets_every_target(sections: Sections) -> None:
    found = met(sections({"pair": pair_result()})[PAIR][1])
    assert len(found) == 7 + 3 + 2
    assert set(found.values()) == {"yes"}


@pytest.mark.parametrize(
    ("what", "place", "value"),
    [
        ("RRF, scifact", ("quality", "sets", "scifact", "stages", "rrf", "mean"), 0.69),
        ("RRF, nfcorpus", ("peer", "sets", "nfcorpus", "stages", "rrf", "mean"), 0.34),
        ("mean gain over 6 sets", ("quality", "mean_gain", "interval"), [-0.001, 0.1]),
        (BELOW, ("quality", "sets", "pubmedqa", "gain", "difference"), -0.01),
        ("final, scifact", ("quality", "sets", "scifact", "stages", "final", "mean"), 0.739),
        ("gain, nfcorpus", ("quality", "sets", "nfcorpus", "gain", "difference"), 0.019),
        ("final, trec_dl19_bm25", ("quality", "sets", "trec_dl19_bm25", "stages", "final", "mean"), 0.51),
        ("long: times as fast as the peer", ("speed", "reranking", "long", "systems", "pair", "times"), 1.7),
        (INDEXING, ("speed", "indexing", "systems", "pair", "times"), 0.9),
        ("calibration error, all pairs together", ("calibration", "sets", "all", "quality", "ece"), 0.051),
    ],
)  # fmt: skip
def test_a_target_that_is_missed_is_said_to_be(
    sections: Sections, what: str, place: tuple[str, ...], value: Any
) -> None:
    result: Any = pair_result()
    inner = result
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    found = met(sections({"pair": result})[PAIR][1])
    assert found.pop(what) == "no"
    assert set(found.values()) == {"yes"}


def test_a_loss_that_may_be_chance_is_no_set_below(sections: Sections) -> None:
    result = pair_result()
    result["quality"]["sets"]["pubmedqa"]["gain"] |= {"difference": -0.01, "p_holm": 0.06}
    assert met(sections({"pair": result})[PAIR][1])[BELOW] == "yes"


def test_parts_that_were_not_measured_have_no_targets(sections: Sections) -> None:
    result = pair_result()
    for part in ("peer", "speed", "calibration"):
        del result[part]
    found = met(sections({"pair": result})[PAIR][1])
    assert list(found) == [
        "mean gain over 6 sets",
        BELOW,
        "final, scifact",
        "gain, nfcorpus",
    ]


def test_a_peer_on_other_queries_is_no_target(sections: Sections) -> None:
    result = pair_result()
    result["peer"]["sets"]["scifact"]["queries"] += 1
    found = met(sections({"pair": result})[PAIR][1])
    assert "RRF, scifact" not in found
    assert "RRF, nfcorpus" in found
    assert "final, trec_dl19_bm25" in found


def test_figures_stand_in_the_tables(sections: Sections) -> None:
    text = sections({"pair": pair_result()})[PAIR][1]
    assert (
        "| scifact test | 100 of 300 | 0.700 (0.680–0.720) | 0.725 (0.705–0.745) | 0.750 (0.730–0.770) | "
        "+0.050 (+0.020 to +0.080) | 0.010 | 0.040 |" in text
    )
    assert "| bioasq | 0.8 | 0.612 | 0.805 (0.750–0.840) | 0.410 | 46 |" in text
    assert "| bioasq | 0.95" not in text
    assert "| long | 400 pairs, 311 tokens | pair | 100.0 (99.0 to 101.0) | 2.00 |" in text
    assert "`new-reranker` def (weight 0.6, temperature 3.0)" in text


def test_pairs_that_were_tried_stand_side_by_side(
    script: Script, sections: Sections, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missed = pair_result()
    missed["quality"]["sets"]["scifact"]["stages"]["final"]["mean"] = 0.731
    del missed["speed"]
    for name, result in (("whole", pair_result()), ("half", missed), ("half", missed)):
        file = tmp_path / "result.json"
        file.write_text(json.dumps(result), "utf-8")
        out = str(tmp_path / "carried" / "tried.json")
        monkeypatch.setattr("sys.argv", ["carried_tried.py", name, str(file), "--out", out])
        script("carried_tried").main()
    text = sections({})[TRIED][1]
    assert "| target | whole | half |" in text
    assert "| final, scifact | **0.750** | 0.731 |" in text
    assert re.search(r"^\| long: times as fast as the peer \| \*\*2\.00\*\* \|  \|$", text, re.MULTILINE)


def test_a_result_without_targets_is_not_kept(script: Script) -> None:
    with pytest.raises(SystemExit, match="no figure"):
        script("carried_tried").reached({"models": {}})


def test_an_ablation_stands_beside_what_it_is_compared_with(sections: Sections) -> None:
    text = sections({"ablations": ablation_rows()})[ABLATIONS][1]
    (row,) = [line for line in text.splitlines() if line.startswith("| taught |")]
    assert row.startswith("| taught | base | +0.012 (+0.002 to +0.021) | +0.050 (+0.040 to +0.060) | 0.031 |")
    assert row.endswith("| 0.500 → 0.550 | 2.00 | 2.00 | 2.00 |")
    assert re.search(r"^\| base \|  \|  \| \+0\.050", text, re.MULTILINE)


def test_the_largest_difference_of_a_rebuilt_pair_is_named(script: Script, sections: Sections) -> None:
    again = pair_result()
    again["quality"]["sets"]["bioasq"]["stages"]["final"]["mean"] -= 0.013
    text = sections({"spread": script("carried_spread").compare(pair_result(), again)})[SPREAD][1]
    assert "The largest distance of a figure is 0.013." in text
    assert "| bioasq, final | 0.770 | 0.757 | −0.013 |" in text
