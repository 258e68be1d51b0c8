"""Every difference that makes another evaluation is found before it, and every bit after it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pertinent.errors import DataError
from pertinent.evaluate.cards.repeat import MOST_TOLD, PLACES, SAME, compare_values, require_same
from support.cards import VALUES, small_card

CARD = small_card()
CARD["rerankers"]["overlap"] |= {"prompt_hash": "aa", "engine": "openvino", "dtype": "int8", "source": "/a"}
CARD["rerankers"]["overlap"]["constants"] = {"weight": 0.9, "temperature": 4.0}
CARD["machine"]["gpu"] = "Example"

Path = tuple[str, ...]


def leaves(value: Any, path: Path = ()) -> list[Path]:
    if isinstance(value, dict) and value:
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    return [path]


def held(path: Path) -> Any:
    holder: Any = CARD
    for key in path:
        holder = holder[key]
    return holder


GRAVE = [leaf for leaf in leaves(CARD) if leaf[0] in SAME and leaf[-1] not in PLACES]
LIGHT = [leaf for leaf in leaves(CARD) if leaf[0] in ("pertinent", "machine", "packages")]


def changed(path: Path, value: Any) -> dict[str, Any]:
    card = copy.deepcopy(CARD)
    holder = card
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return card


def removed(path: Path) -> dict[str, Any]:
    card = copy.deepcopy(CARD)
    holder = card
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return card


def test_what_must_be_equal_is_all_there() -> None:
    parts = {".".join(leaf) for leaf in GRAVE}
    assert parts >= {
        *("data_hash", "queries", "rrf_constant", "chunking.max_tokens", "chunking.overlap"),
        *(
            "bm25.k",
            "bm25.b",
            "bm25.language",
            "embedder.revision",
            "embedder.prompt_hash",
            "embedder.engine",
        ),
        *("embedder.dtype", "rerankers.overlap.revision", "rerankers.overlap.prompt_hash"),
        *("rerankers.overlap.instruction", "rerankers.overlap.engine", "rerankers.overlap.dtype"),
        *("rerankers.overlap.constants.weight", "request.candidates", "request.stages", "request.seed"),
    }


def test_a_card_repeats_itself_through_json() -> None:
    assert require_same(CARD, json.loads(json.dumps(CARD))) == []
    later = CARD | {"when": "2031-01-01T00:00:00+00:00", "values_hash": "other"}
    assert require_same(CARD, later) == []


@given(st.sampled_from(GRAVE), st.one_of(st.text(min_size=1), st.integers(7), st.lists(st.text())))
def test_any_other_value_is_refused_and_named(path: Path, value: Any) -> None:
    assume(value != held(path))
    for old, new in ((CARD, changed(path, value)), (changed(path, value), CARD)):
        with pytest.raises(DataError, match="no repeat") as refused:
            require_same(old, new)
        assert " ".join(path) in refused.value.message
        assert "--repeat" in refused.value.hint


@given(st.sampled_from([leaf for leaf in GRAVE if leaf[-1] not in ("split", "embedder", "metrics")]))
def test_a_value_that_is_gone_is_refused(path: Path) -> None:
    if held(path) is None:  # what is None is not there
        assert require_same(CARD, removed(path)) == []
    else:
        with pytest.raises(DataError, match="and is nothing"):
            require_same(CARD, removed(path))


def test_another_reranker_or_none_is_refused() -> None:
    other = CARD | {"rerankers": {"mini": CARD["rerankers"]["overlap"]}}
    for new in (other, CARD | {"rerankers": {}}, CARD | {"embedder": None}):
        with pytest.raises(DataError, match="no repeat"):
            require_same(CARD, new)
        with pytest.raises(DataError, match="no repeat"):
            require_same(new, CARD)


@given(st.sampled_from(LIGHT))
def test_another_machine_or_version_is_told(path: Path) -> None:
    (warning,) = require_same(CARD, changed(path, "other"))
    assert warning.startswith(" ".join(path))
    assert warning.endswith("and is 'other'")


@pytest.mark.parametrize("path", [("request", "paths"), ("rerankers", "overlap", "source")])
def test_another_place_is_told(path: Path) -> None:
    (warning,) = require_same(CARD, changed(path, ["/elsewhere"]))
    assert "elsewhere" in warning


def test_old_and_new_value_are_told_in_short_and_cannot_steer_a_terminal() -> None:
    old = changed(("rerankers", "overlap", "instruction"), "\x1b[31mFind " + "ships " * 1000)
    new = changed(("rerankers", "overlap", "instruction"), "Find \u202eplanes.")
    with pytest.raises(DataError) as refused:
        require_same(old, new)
    message = refused.value.message
    assert "Find ships" in message
    assert "planes." in message
    assert len(message) < 300
    assert "\x1b" not in message
    assert "\u202e" not in message


def test_a_card_of_another_world_has_a_short_message() -> None:
    with pytest.raises(DataError) as refused:
        require_same(CARD, {"format": 1})
    assert refused.value.message.count(" and is ") == MOST_TOLD
    assert (
        f"and {len([leaf for leaf in GRAVE if held(leaf) is not None]) - MOST_TOLD} more"
        in refused.value.message
    )


PER_STAGE = st.dictionaries(
    st.sampled_from("ab"),
    st.dictionaries(
        st.sampled_from("mn"),
        st.dictionaries(st.sampled_from("pqr"), st.floats(0, 1), max_size=3),
        max_size=2,
    ),
    max_size=2,
)


@given(PER_STAGE)
def test_equal_values_are_identical(values: Any) -> None:
    report = compare_values(values, json.loads(json.dumps(values)))
    assert report.identical
    assert (report.queries, report.largest) == ((), 0.0)
    assert report.values == sum(len(each) for metrics in values.values() for each in metrics.values())


@given(PER_STAGE, PER_STAGE)
def test_differences_are_those_that_a_plain_look_finds(old: Any, new: Any) -> None:
    report = compare_values(old, new)
    flat = [
        {
            (s, m, q): v
            for s, metrics in values.items()
            for m, each in metrics.items()
            for q, v in each.items()
        }
        for values in (old, new)
    ]
    names = set(flat[0]) | set(flat[1])
    differing = {name for name in names if repr(flat[0].get(name)) != repr(flat[1].get(name))}
    assert {(d.stage, d.metric, d.query) for d in report.differences} == differing
    assert set(report.queries) == {query for _, _, query in differing}
    assert report.values == len(names)
    assert report.largest == max(
        (abs(flat[0][name] - flat[1][name]) for name in names if name in flat[0] and name in flat[1]),
        default=0.0,
    )
    assert json.loads(json.dumps(report.to_dict()))["identical"] == (not differing)


def test_the_last_bit_counts_and_is_measured() -> None:
    other = copy.deepcopy(VALUES)
    other["rerank"]["nDCG@10"]["q2"] += 2**-53
    (difference,) = compare_values(VALUES, other).differences
    assert (difference.stage, difference.metric, difference.query) == ("rerank", "nDCG@10", "q2")
    assert compare_values(VALUES, other).largest == 2**-53
    assert compare_values({"a": {"m": {"q": 0.0}}}, {"a": {"m": {"q": -0.0}}}).identical is False
