from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import RecordError
from pertinent.train.examples import (
    MOST_PASSAGES,
    Example,
    TrainingPassage,
    from_dict,
    read_examples,
    write_examples,
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
PASSAGES = st.builds(
    TrainingPassage,
    TEXT,
    st.sampled_from([None, True, False]),
    TEXT,
    st.none() | st.floats(0, 1),
    st.dictionaries(TEXT, st.floats(allow_nan=False, allow_infinity=False), max_size=2),
)
EXAMPLES = st.builds(Example, TEXT, st.lists(PASSAGES, max_size=3).map(tuple), TEXT, TEXT)
GOOD = Example("q", (TrainingPassage("a", True, label=0.5, margins={"one": 1.0}),), "own").to_dict()


@given(EXAMPLES)
def test_what_was_written_is_read(example: Example) -> None:
    assert from_dict(json.loads(json.dumps(example.to_dict()))) == example


def passage(**changes: Any) -> dict[str, Any]:
    return GOOD | {"passages": [GOOD["passages"][0] | changes]}


@pytest.mark.parametrize(
    "wrong",
    [
        GOOD | {"query": 3},
        GOOD | {"passages": "text"},
        GOOD | {"passages": [{"text": "a"}] * (MOST_PASSAGES + 1)},
        {"query": "q"},
        passage(text=None),
        passage(relevant="yes"),
        passage(label=1.5),
        passage(label=float("nan")),
        passage(margins={"one": float("inf")}),
        passage(margins={"one": True}),
        passage(margins=[1.0]),
        passage(unknown=1),
    ],
    ids=lambda wrong: str(wrong)[:60],
)
def test_what_is_no_example_is_told_with_its_line(wrong: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl"
    file.write_text(json.dumps(GOOD) + "\n" + json.dumps(wrong) + "\n")
    found = read_examples(file)
    assert next(found) == from_dict(GOOD)
    with pytest.raises(RecordError) as caught:
        next(found)
    assert caught.value.position == "line 2"


def test_a_file_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "new" / "examples.jsonl"
    assert write_examples(file, [from_dict(GOOD)] * 2) == 2

    def broken() -> Any:
        yield from_dict(GOOD)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_examples(file, broken())
    assert len(list(read_examples(file))) == 2


def test_a_compressed_file_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl.gz"
    file.write_bytes(gzip.compress(json.dumps(GOOD).encode()))
    assert list(read_examples(file)) == [from_dict(GOOD)]
