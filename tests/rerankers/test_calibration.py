from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import DataError, UsageError
from pertinent.rerankers.calibration import (
    MOST_BYTES,
    Calibration,
    calibration_path,
    find_calibration,
    read_calibration,
)
from pertinent.rerankers.margin_map import MarginMap
from pertinent.types import Score
from support.fakes import RERANKER
from support.margin_maps import margin_maps

NOTES = Calibration(
    "notes", RERANKER.name, RERANKER.revision, MarginMap("platt", 0.5, -1.0), pairs=9, queries=3
)
FIELDS = json.loads(NOTES.to_json())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


@given(margin_maps(), st.text(), st.text(), st.text(), st.integers(0, 1 << 40))
def test_a_file_gives_back_what_was_written(
    margin_map: MarginMap, model: str, revision: str, instruction: str, pairs: int
) -> None:
    written = Calibration("notes", model, revision, margin_map, instruction, "hash", pairs, 1)
    assert Calibration.from_json(written.to_json().encode()) == written


@given(st.sampled_from(sorted(FIELDS)), JSON)
def test_a_field_with_something_else_in_it_is_read_or_refused(name: str, value: object) -> None:
    text = json.dumps({**FIELDS, name: value})
    try:
        read = Calibration.from_json(text)
    except DataError:
        pass
    else:
        assert Calibration.from_json(read.to_json()) == read


@given(JSON | st.dictionaries(st.sampled_from(sorted(FIELDS)), JSON))
def test_any_other_json_is_refused(value: object) -> None:
    with pytest.raises(DataError):
        Calibration.from_json(json.dumps(value))


@given(st.binary(max_size=200) | st.integers(3, 300).map(lambda left: NOTES.to_json().encode()[:-left]))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(DataError):
        Calibration.from_json(data)


@pytest.mark.parametrize(
    "change",
    [
        {"slope": float("nan")},
        {"slope": -1},
        {"slope": True},
        {"slope": "1"},
        {"slope": 10**400},
        {"bias": float("inf")},
        {"knots": [[0, 0.5]]},
        {"method": "isotonic", "slope": 1, "bias": 0, "knots": [[0, 0.5, 1]]},
        {"method": "isotonic", "slope": 1, "bias": 0, "knots": [[1, 0.5], [0, 0.6]]},
        {"method": "other"},
        {"domain": "../../etc"},
        {"instruction": "x" * 10_001},
        {"pairs": -1},
        {"pairs": 1.0},
        {"more": 1},
    ],
)
def test_a_wrong_value_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(DataError, match="no calibration"):
        Calibration.from_json(json.dumps(FIELDS | change))


def test_a_newer_file_and_deep_nesting_are_told() -> None:
    with pytest.raises(DataError, match="another version"):
        Calibration.from_json(json.dumps(FIELDS | {"version": 2}))
    with pytest.raises(DataError):
        Calibration.from_json("[" * 100_000)


def test_a_name_finds_the_file_of_its_model_and_revision() -> None:
    with pytest.raises(UsageError, match="no calibration 'notes'") as told:
        find_calibration("notes", RERANKER)
    assert "pertinent calibrate --model overlap" in told.value.hint
    path = calibration_path(RERANKER, "notes")
    path.parent.mkdir(parents=True)
    path.write_text(NOTES.to_json())
    assert find_calibration("notes", RERANKER) == find_calibration(path, RERANKER) == NOTES
    assert find_calibration(str(path), RERANKER) == find_calibration(NOTES, RERANKER) == NOTES
    with pytest.raises(UsageError, match="present: notes"):
        find_calibration("other", RERANKER)
    with pytest.raises(UsageError, match="no calibration"):
        find_calibration("notes", replace(RERANKER, revision="2"))


def test_models_with_odd_names_have_folders_of_their_own() -> None:
    homes = {
        calibration_path(replace(RERANKER, name=name), "notes").parent.name for name in ("a/b", "..", "c d")
    }
    assert homes == {"a--b@1", "..@1", "c--d@1"}


@pytest.mark.parametrize("change", [{"name": "other"}, {"revision": "2"}])
def test_another_models_calibration_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="belongs to 'overlap' at '1'"):
        find_calibration(NOTES, replace(RERANKER, **change))


def test_another_prompt_is_refused_by_its_hash_or_else_by_the_instruction() -> None:
    told = replace(NOTES, instruction="Find recipes", prompt="a")
    told.require_prompt("a", "named otherwise")
    with pytest.raises(UsageError, match="Find recipes"):
        told.require_prompt("b", "Find recipes")
    told.require_prompt("", "Find recipes")
    with pytest.raises(UsageError, match="another prompt"):
        told.require_prompt("", None)
    NOTES.require_prompt("b", None)


@pytest.mark.parametrize("change", [{"slope": -1}, {"version": 2}])
def test_a_damaged_file_is_named(tmp_path: Path, change: dict[str, object]) -> None:
    file = tmp_path / "notes.json"
    file.write_text(json.dumps(FIELDS | change))
    with pytest.raises(DataError, match=re.escape(str(file))):
        read_calibration(file)


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    for given_path in (tmp_path / "none.json", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(DataError, match="cannot be read"):
            read_calibration(given_path)
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (MOST_BYTES + 1))
    with pytest.raises(DataError, match="larger"):
        read_calibration(large)
    with pytest.raises(UsageError, match="type int"):
        find_calibration(3, RERANKER)  # type: ignore[arg-type]


def test_scores_get_probabilities_and_keep_their_margins() -> None:
    scores = tuple(Score.from_margin(margin, RERANKER) for margin in (2.0, 6.0))
    calibrated = NOTES.applied(scores)
    assert [score.probability for score in calibrated] == [0.5, NOTES.probability(6.0)]
    assert [replace(score, probability=0, calibration="") for score in calibrated] == [
        replace(score, probability=0) for score in scores
    ]
    assert {score.calibration for score in calibrated} == {"notes"}
