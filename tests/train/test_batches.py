"""Batches follow from seed and number; answers come first, then the hardest."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import DataError, RecordError
from pertinent.train.batches import Batches, ExampleFile, choose_passages
from pertinent.train.examples import Example, TrainingPassage, write_examples


def example(number: int, answers: int = 1, others: int = 6) -> Example:
    return Example(
        f"query {number}",
        (
            *(TrainingPassage(f"answer {n}", True) for n in range(answers)),
            *(TrainingPassage(f"other {n}", None, "bm25", n / 10) for n in range(others)),
        ),
        "own",
    )


EXAMPLES = [example(number) for number in range(7)]


@given(st.integers(0, 50), st.integers(0, 3))
def test_a_batch_is_the_same_whenever_it_is_asked_for(number: int, seed: int) -> None:
    first = Batches(EXAMPLES, queries=3, passages=4, seed=seed)
    for other in (2, 40, 0):
        first[other]
    assert first[number] == Batches(EXAMPLES, queries=3, passages=4, seed=seed)[number]


@given(st.integers(1, 12), st.integers(0, 2**32))
def test_every_example_comes_once_in_every_round(queries: int, seed: int) -> None:
    batches = Batches(EXAMPLES, queries=queries, passages=4, seed=seed)
    told = [each.query for number in range(7) for each in batches[number]]
    rounds = [told[start : start + 7] for start in range(0, len(told), 7)]
    assert all(len(set(found)) == 7 for found in rounds)


def test_seeds_and_rounds_differ() -> None:
    batches = Batches(EXAMPLES, queries=7, passages=4, seed=1)
    other = Batches(EXAMPLES, queries=7, passages=4, seed=2)
    orders = {tuple(each.query for each in found) for found in (batches[0], batches[1], other[0])}
    assert len(orders) == 3


@given(st.integers(0, 6), st.integers(0, 12), st.integers(1, 10), st.integers(0, 2**32))
def test_choices_keep_answers_first_and_fill_the_room(
    answers: int, others: int, most: int, seed: int
) -> None:
    given_example = example(0, answers, others)
    chosen = choose_passages(given_example, most, np.random.default_rng(seed)).passages
    assert len(chosen) == min(most, answers + others)
    texts = [each.text for each in chosen]
    assert len(set(texts)) == len(texts)
    assert all(each in given_example.passages for each in chosen)
    flags = [bool(each.relevant) for each in chosen]
    assert flags == sorted(flags, reverse=True)
    assert any(flags) is (answers > 0)
    places = most - sum(flags)
    if others and places > 0:
        assert f"other {others - 1}" in texts


def test_a_file_is_read_by_number(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    write_examples(path, EXAMPLES)
    with path.open("a") as file:
        file.write("\n")
    found = ExampleFile(path)
    assert len(found) == 7
    assert list(found) == EXAMPLES
    assert found[6] == EXAMPLES[6]
    write_examples(path, EXAMPLES[:6])
    assert ExampleFile(path).digest != found.digest
    with pytest.raises(IndexError):
        found[7]


def test_faults_of_a_file_are_told(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    with pytest.raises(DataError, match="cannot be read"):
        ExampleFile(path)
    path.write_bytes(b"\n\n")
    with pytest.raises(DataError, match="no examples"):
        ExampleFile(path)
    path.write_bytes(gzip.compress(b"{}"))
    with pytest.raises(DataError, match="compressed"):
        ExampleFile(path)
    path.write_bytes(b'{"query": 3}\n')
    with pytest.raises(RecordError, match="no training example"):
        ExampleFile(path)[0]
