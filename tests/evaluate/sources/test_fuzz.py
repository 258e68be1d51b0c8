"""Damaged sets: opening one gives a sound task or a ``DataError``, and never hangs or swells."""

from __future__ import annotations

import gzip
import json
import resource
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pertinent.errors import DataError
from pertinent.evaluate.sources.opening import open_tasks
from pertinent.evaluate.task import Task
from support.judged_sets import locomo_sample, realtalk_chat

QRELS = b"query-id\tcorpus-id\tscore\nq1\ta\t1\nq2\tb\t0\n"
CORPUS = b'{"_id": "a", "title": "T", "text": "One \\u00e9."}\n{"_id": "b", "title": "", "text": "Two."}\n'
QUERIES = b'{"_id": "q1", "text": "Why?"}\n{"_id": "q2", "text": "Who?"}\n'
GIVEN = b'{"query_id": "%s", "query": "Why?", "candidates": [{"doc_id": "a", "text": "x"}]}\n'
REVIEW = (
    b'{"title": "Bees", "abstract": "Fly.", "label": 1, "id": "1"}\n{"title": "T", "label": 0, "id": 2}\n'
)

SETS: dict[str, dict[str, bytes]] = {
    "beir": {"corpus.jsonl": CORPUS, "queries.jsonl": QUERIES, "qrels/test.tsv": QRELS},
    "candidates": {"candidates.jsonl": GIVEN % b"q1" + GIVEN % b"q2", "qrels/test.tsv": QRELS},
    "trec": {
        "topics.txt": b"<top>\n<num> Number: q1\n<title> Why?\n</top>\n<top><num>q2<title>Who?</top>\n",
        "qrels.txt": b"q1 0 a 1\nq2 0 b 0\n",
        "corpus.tsv": b"a\tOne.\nb\tTwo.\n",
        "run.txt": b"q1 Q0 a 1 2.5 x\nq1 Q0 b 2 1 x\nq2 Q0 a 1 0.5 x\n",
    },
    "screening": {"bees.jsonl": REVIEW, "reviews.json": b'[{"review": "bees", "topic": "bees"}]'},
    "memory": {
        "a.json": json.dumps(locomo_sample()).encode(),
        "b.json": json.dumps(realtalk_chat()).encode(),
    },
}
FILES = [(name, file) for name, files in SETS.items() for file in files]

SPICE = [
    b"\0",
    b"\xff",
    b'"',
    b"\n",
    b"\t",
    b" ",
    b"{",
    b"[" * 40,
    b"null",
    b"NaN",
    b"-1e999",
    b"9" * 30,
    b'"\\ud800"',
]
SPICE += [b"<top>", b"<title>", b"D1:1", b"\x1f\x8b", b"\xef\xbb\xbf", b"true", b"[]", b"{}", b'""']

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["_id", "text", "query_id", "candidates", "label", "title", "qa", "session_1", "dia_id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@st.composite
def mutated(draw: st.DrawFn, seed: bytes) -> bytes:
    """The seed with stretches cut, doubled or spiced, or something else; perhaps in damaged gzip."""
    data = bytearray(seed)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.integers(0, 20)))
        data[at:end] = draw(st.sampled_from(SPICE) | st.binary(max_size=6) | st.just(bytes(data[at:end]) * 2))
    other = st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode())
    content = draw(st.one_of(st.just(bytes(data)), st.just(bytes(data)), other))
    packing = draw(st.sampled_from(["plain", "plain", "gzip", "cut"]))
    if packing == "plain":
        return content
    packed = gzip.compress(content)
    return packed if packing == "gzip" else packed[: draw(st.integers(0, len(packed)))]


def write_set(folder: Path, name: str, **changed: bytes) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    for file, content in (SETS[name] | changed).items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)
    return folder


def read_all(folder: Path) -> Iterator[Task]:
    for task in open_tasks(folder):
        documents = list(task.documents()) if task.documents else []
        assert all(document.id and (document.text or document.title) for document in documents)
        for document in documents:
            f"{document.id}{document.title}{document.text}".encode()
        assert set(task.queries) == set(task.judgements)
        assert all(text.strip() and text.encode() for text in task.queries.values())
        if task.candidates is not None:
            assert set(task.candidates) >= set(task.queries)
        assert set(task.scopes) <= set(task.queries)
        yield task


@pytest.mark.parametrize("name", SETS)
def test_seeds_are_readable(tmp_path: Path, name: str) -> None:
    assert len(list(read_all(write_set(tmp_path, name)))) == 1


@pytest.mark.parametrize(("name", "file"), FILES)
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_mutations(
    tmp_path_factory: pytest.TempPathFactory, name: str, file: str, data: st.DataObject
) -> None:
    folder = write_set(
        tmp_path_factory.getbasetemp() / "fuzzed", name, **{file: data.draw(mutated(SETS[name][file]))}
    )
    begun = time.perf_counter()
    with suppress(DataError):
        list(read_all(folder))
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(("name", "file"), FILES)
def test_archive_bombs_are_refused(tmp_path: Path, name: str, file: str) -> None:
    line = SETS[name][file].splitlines()[0] + b"\n"
    member = gzip.compress(line + b" " * (70 << 20))
    folder = write_set(tmp_path, name, **{file: member})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DataError):
        list(read_all(folder))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 << 10


@pytest.mark.parametrize(
    "run", [b"<", b"<top>", b"<top><", b"<a", b"<title>", b"<num>1<title>x", b" ", b"\t", b"D1:"]
)
def test_long_runs_take_linear_time(tmp_path: Path, run: bytes) -> None:
    begun = time.perf_counter()
    for name, file in (("trec", "topics.txt"), ("trec", "qrels.txt"), ("trec", "run.txt")):
        with pytest.raises(DataError):
            list(read_all(write_set(tmp_path / "set", name, **{file: run * 200_000})))
    assert time.perf_counter() - begun < 10
