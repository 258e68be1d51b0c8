from __future__ import annotations

import gzip
import io
from pathlib import Path

import ir_measures
import numpy as np
import pytest
import pytrec_eval
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pertinent.errors import DataError, StoreError
from pertinent.evaluate import run_files
from pertinent.evaluate.result import Run
from pertinent.evaluate.run_files import falling_scores, read_run, write_run

ids = st.text(min_size=1, max_size=8).filter(lambda word: word.split() == [word] and "\0" not in word).filter(
    lambda word: not any("\ud800" <= letter <= "\udfff" for letter in word)
)  # fmt: skip
scores = st.one_of(st.floats(), st.sampled_from([0.0, 1.0, -1.0, 1.0 + 1e-12, 3.4e38, -3.4e38, 1e300]))
runs = st.dictionaries(
    ids, st.lists(st.tuples(ids, scores), max_size=12, unique_by=lambda pair: pair[0]), max_size=4
)


def documents(run: Run) -> dict[str, list[str]]:
    return {query: [document for document, _ in ranked] for query, ranked in run.items() if ranked}


def in_32_bits_by_trec_eval(scores: dict[str, float]) -> list[str]:
    return sorted(scores, key=lambda document: (np.float32(scores[document]), document), reverse=True)


@given(run=runs)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_every_reader_finds_the_written_order(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "run.trec"
    write_run(path, run, "tag")
    assert documents(read_run(path)) == documents(run)
    text = path.read_text("utf-8")
    if text:
        parsed = pytrec_eval.parse_run(io.StringIO(text, newline="\n"))
        assert {query: in_32_bits_by_trec_eval(found) for query, found in parsed.items()} == documents(run)
    found = {}
    for each in ir_measures.read_trec_run(io.StringIO(text, newline="\n")):
        found.setdefault(each.query_id, {})[each.doc_id] = each.score
    assert {query: sorted(of, key=of.get, reverse=True) for query, of in found.items()} == documents(run)


@given(run=runs)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_scores_fall_strictly_in_32_bits(tmp_path: Path, run: Run) -> None:
    write_run(tmp_path / "run.trec", run, "tag")
    for ranked in read_run(tmp_path / "run.trec").values():
        values = np.array([score for _, score in ranked], dtype=np.float32)
        assert np.isfinite(values).all()
        assert (np.diff(values) < 0).all()


def test_lines_are_in_the_format(tmp_path: Path) -> None:
    write_run(
        tmp_path / "run.trec", {"q1": [("b", 2.5), ("a", 0.1)], "none": [], "q2": [("a", -3.0)]}, "bm25"
    )
    assert (tmp_path / "run.trec").read_text().splitlines() == [
        "q1 Q0 b 1 2.5 bm25",
        "q1 Q0 a 2 0.100000001 bm25",
        "q2 Q0 a 1 -3 bm25",
    ]


def test_scores_that_fall_stay_and_others_are_lowered_as_little_as_can_be(tmp_path: Path) -> None:
    given_scores = [0.75, 0.5, 0.5, 0.6, 0.25]
    write_run(tmp_path / "run.trec", {"q": [(f"d{i}", s) for i, s in enumerate(given_scores)]}, "tag")
    values = [score for _, score in read_run(tmp_path / "run.trec")["q"]]
    assert [values[0], values[1], values[4]] == [0.75, 0.5, 0.25]
    assert values[1:4] == pytest.approx([0.5, 0.5, 0.5], abs=1e-6)


@pytest.mark.parametrize("word", ["", "a b", "a\tb", "a\nb", "\u00a0", "a\u2028b", "a\0", "\ud800", " a"])
def test_ids_that_the_format_cannot_hold(tmp_path: Path, word: str) -> None:
    path = tmp_path / "run.trec"
    for run, tag in (({word: [("d", 1.0)]}, "t"), ({"q": [(word, 1.0)]}, "t"), ({"q": [("d", 1.0)]}, word)):
        with pytest.raises(DataError, match="white space"):
            write_run(path, run, tag)
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_says_where_and_not_what(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="query 2, rank 1") as caught:
        write_run(tmp_path / "r", {"a": [("d", 1.0)], "b": [("Jane Doe", 1.0)]}, "tag")
    assert "Jane" not in str(caught.value)


def test_a_document_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="twice"):
        write_run(tmp_path / "r", {"q": [("d", 2.0), ("d", 1.0)]}, "tag")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.trec"
    write_run(path, {"q": [("old", 1.0)]}, "tag")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StoreError, match="Writing the run file"):
        write_run(path, {"q": [("new", 1.0)]}, "tag")
    assert documents(read_run(path)) == {"q": ["old"]}
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Writing the run file"):
        write_run(tmp_path / "none" / "run.trec", {}, "tag")


def test_reads_in_trec_evals_order(tmp_path: Path) -> None:
    path = tmp_path / "run.trec"
    path.write_text(
        "q2 Q0 low 1 1.0 t\r\n\nq1\tQ0  a  9 5 t\nq2 Q0 high 2 2e0 t\nq1 Q0 b 1 5.0 t\n"
        "q1 Q0 é 3 5.00000000001 t\nq1 0 top 7 7 t\n"
    )
    assert list(read_run(path)) == ["q2", "q1"]
    # Equal in 32 bits, so by falling id; the ranks of the file are not read.
    assert documents(read_run(path)) == {"q2": ["high", "low"], "q1": ["top", "é", "b", "a"]}


def test_reads_gzip(tmp_path: Path) -> None:
    path = tmp_path / "run.trec.gz"
    path.write_bytes(gzip.compress(b"q Q0 d 1 0.5 t\n"))
    assert read_run(path) == {"q": [("d", 0.5)]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"q Q0 d 1 0.5\n", "six fields"),
        (b"q Q0 d 1 0.5 t more\n", "six fields"),
        (b"q Q0 d 1 high t\n", "number"),
        (b"q Q0 d 1 nan t\n", "finite"),
        (b"q Q0 d 1 -inf t\n", "finite"),
        (b"q Q0 d 1 1e39 t\n", "finite"),
        (b"q Q0 \xff 1 1 t\n", "UTF-8"),
        (b"q Q0 d 1 2 t\nq Q0 d 2 1 t\n", "twice"),
        (b"q Q0 " + b"d" * (1 << 16) + b" 1 2 t\n", "longer than"),
        (b"\x1f\x8b broken", "gzip"),
    ],
)
def test_broken_files(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "run.trec"
    path.write_bytes(b"ok Q0 d 1 1 t\n" * (not content.startswith(b"\x1f")) + content)
    with pytest.raises(DataError, match=reason) as caught:
        read_run(path)
    assert "TREC" in caught.value.hint
    assert "ddd" not in str(caught.value)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(DataError, match="cannot be read"):
            read_run(path)


def test_too_many_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_files, "MAX_LINES", 2)
    path = tmp_path / "run.trec"
    write_run(path, {"q": [("a", 2.0), ("b", 1.0)]}, "tag")
    assert len(read_run(path)["q"]) == 2
    write_run(path, {"q": [("a", 2.0), ("b", 1.0), ("c", 0.0)]}, "tag")
    with pytest.raises(DataError, match="more than 2 lines"):
        read_run(path)


def test_falling_scores_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_files, "MAX_DEPTH", 2)
    assert falling_scores(["b", "a"]) == {"b": 2.0, "a": 1.0}
    with pytest.raises(DataError, match="more than 2 documents"):
        falling_scores(["a", "b", "c"])


def test_written_orders_are_exact_at_the_greatest_depth() -> None:
    deepest = np.arange(run_files.MAX_DEPTH, run_files.MAX_DEPTH - 4, -1).astype(np.float32)
    assert (np.diff(deepest) == -1).all()
