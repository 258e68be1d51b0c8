"""What every store promises, run on each of them.

A store comes into this suite by one class of ``support/stores.py``; nothing else is known of it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace as changed
from pathlib import Path

import numpy as np
import pytest

from pertinent.errors import DataError, FilterError, StoreError, UsageError
from pertinent.store.filters import Condition, parse_filters
from pertinent.store.protocol import EncodedDocument, Store
from support.stores import IMPLEMENTATIONS, Implementation
from support.tiny_documents import EMBEDDER, embed, encode


@pytest.fixture(params=IMPLEMENTATIONS)
def store(request: pytest.FixtureRequest, folder: Path) -> Iterator[Implementation]:
    """An empty store."""
    implementation = request.param(folder)
    yield implementation
    implementation.close()


@pytest.fixture(scope="module", params=IMPLEMENTATIONS)
def stocked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A view of METFORMIN and ASPIRIN, shared by tests that only read."""
    implementation = request.param(tmp_path_factory.mktemp("stocked") / "collection")
    implementation.writer.replace([METFORMIN, ASPIRIN])
    yield implementation.view()
    implementation.close()


METFORMIN = encode(
    "1",
    "metformin lowers glucose",
    "nausea is common",
    title="Metformin",
    metadata={"year": 1980, "mesh": ("Adult", "Aged"), "open": True, "score": 0.5},
    source="a.xml",
)
ASPIRIN = encode("2", "aspirin thins blood", metadata={"year": 2020, "mesh": ("Aged",)}, source="b.xml")


def found_ids(found: tuple) -> list[str]:
    return [one.passage.id for one in found]


def contents(store: Store) -> dict[str, tuple[str, ...]]:
    return {document.id: document.passage_ids for document in store.documents()}


def test_empty(store):
    view = store.view()
    assert view.count() == 0
    assert list(view.documents()) == []
    assert view.passages([METFORMIN.passages[0].id]) == []
    lists = view.first_stage("anything", embed(["anything"])[0], 5)
    assert lists.dense == lists.bm25 == ()
    assert (view.manifest.documents, view.manifest.passages) == (0, 0)


def test_passages_come_back_whole(stocked):
    wanted = [ASPIRIN.passages[0], METFORMIN.passages[1], METFORMIN.passages[0]]
    assert stocked.passages([passage.id for passage in wanted]) == wanted
    unknown = "00000000-0000-4000-8000-000000000000"
    assert stocked.passages([unknown, ASPIRIN.passages[0].id, unknown]) == [ASPIRIN.passages[0]]
    assert stocked.passages([]) == []


def test_vectors_come_back_as_they_went(stocked):
    wanted = [passage.id for passage in METFORMIN.passages]
    vectors = stocked.vectors([*wanted, "00000000-0000-4000-8000-000000000000"])
    assert vectors.keys() == set(wanted)
    for passage, vector in zip(wanted, METFORMIN.vectors, strict=True):
        assert vectors[passage] == pytest.approx(vector, abs=1e-6)
    assert stocked.vectors([]) == {}


def test_documents_by_id(store):
    store.writer.replace([ASPIRIN, METFORMIN])
    stored = list(store.view().documents())
    assert [document.id for document in stored] == ["1", "2"]
    assert stored[0].fingerprint == METFORMIN.fingerprint
    assert stored[0].source == "a.xml"
    assert stored[0].passage_ids == tuple(passage.id for passage in METFORMIN.passages)
    assert store.writer.known(["2", "3"]).keys() == {"2"}
    assert (store.view().manifest.documents, store.view().manifest.passages) == (2, 3)


def test_both_lists(stocked):
    question = "metformin glucose"
    lists = stocked.first_stage(question, embed([question])[0], 10)
    assert found_ids(lists.bm25)[0] == METFORMIN.passages[0].id
    assert ASPIRIN.passages[0].id not in found_ids(lists.bm25)
    assert len(lists.dense) == 3
    cosines = {
        passage.id: float(vector @ embed([question])[0])
        for document in (METFORMIN, ASPIRIN)
        for passage, vector in zip(document.passages, document.vectors, strict=True)
    }
    assert {one.passage.id: one.score for one in lists.dense} == pytest.approx(cosines, abs=1e-5)
    for found in (lists.dense, lists.bm25):
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert lists.bm25[0].passage == METFORMIN.passages[0]


def test_limit(store):
    store.writer.replace([encode(str(n), f"common word{n}") for n in range(12)])
    view = store.view()
    lists = view.first_stage("common", embed(["common"])[0], 5)
    assert len(lists.dense) == len(lists.bm25) == 5
    for limit in (0, -1, 10_001):
        with pytest.raises(UsageError):
            view.first_stage("common", embed(["common"])[0], limit)


def test_equal_scores_go_by_id_wherever_the_cut_falls(store):
    same = [encode(f"d{n}", "exactly the same words") for n in range(40)]
    for document in same:  # several engine updates, so that its own order is not by id
        store.writer.replace([document])
    ids = sorted(document.passages[0].id for document in same)
    view = store.view()
    for limit in (1, 7, 39, 40):
        lists = view.first_stage("words", embed(["same words"])[0], limit)
        assert found_ids(lists.dense) == ids[:limit]
        assert found_ids(lists.bm25) == ids[:limit]


@pytest.mark.parametrize("text", ["", "   ", "the of and", "!?…", "\x00", "\ud800"])
def test_questions_without_a_word_that_counts(stocked, text):
    lists = stocked.first_stage(text, embed(["glucose"])[0], 5)
    assert lists.bm25 == ()
    assert len(lists.dense) == 3


def test_zero_vector_finds_nothing_dense(stocked):
    lists = stocked.first_stage("glucose", np.zeros(EMBEDDER.dimensions, dtype=np.float32), 5)
    assert lists.dense == ()
    assert len(lists.bm25) == 1


@pytest.mark.parametrize("vector", [np.ones(3), np.full(16, np.nan), np.full(16, np.inf), np.ones((2, 16))])
def test_bad_query_vectors(stocked, vector):
    with pytest.raises(UsageError):
        stocked.first_stage("glucose", vector.astype(np.float32), 5)


def test_very_long_question(stocked):
    question = " ".join(f"word{n}" for n in range(10_000)) + " glucose"
    lists = stocked.first_stage(question, embed(["glucose"])[0], 5)
    assert found_ids(lists.bm25) == [METFORMIN.passages[0].id]


SCRIPTS = [
    ("患者接受了二甲双胍治疗", "二甲双胍"),
    ("糖尿病のお客様にメトホルミンを投与した", "メトホルミン"),
    ("تم علاج المرضى بالميتفورمين", "المرضى"),
    ("मेटफॉर्मिन से रोगियों का इलाज", "रोगियों"),
    ("пациентов лечили метформином", "метформином"),
    ("ผู้ป่วยได้รับยาเมตฟอร์มิน", "ผู้ป่วย"),
    ("Sjögren's syndrome", "Sjogren"),
]


def test_words_in_any_script(store):
    store.writer.replace([encode(str(number), text) for number, (text, _) in enumerate(SCRIPTS)])
    view = store.view()
    for number, (_, question) in enumerate(SCRIPTS):
        lists = view.first_stage(question, embed([question])[0], 5)
        assert [one.passage.document_id for one in lists.bm25] == [str(number)], question


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("year=1980", ["1", "1"]),
        ("year>1980", ["2"]),
        ("mesh=Aged", ["1", "1", "2"]),
        ("mesh=Adult|Child", ["1", "1"]),
        ("open=true", ["1", "1"]),
        ("score=0.5", ["1", "1"]),
        ("open?", ["1", "1"]),
        ({"open": {"exists": False}}, ["2"]),
        ("document_id=2", ["2"]),
        ("source=b.xml", ["2"]),
        ("title=Metformin", ["1", "1"]),
        (["mesh=Aged", "year<2000"], ["1", "1"]),
        ("year=1999", []),
    ],
)
def test_filters(stocked, filters, expected):
    conditions = parse_filters(filters)
    lists = stocked.first_stage("glucose aspirin nausea", embed(["glucose"])[0], 10, conditions)
    assert sorted(one.passage.document_id for one in lists.dense) == expected
    assert sorted(one.passage.document_id for one in lists.bm25) == expected
    assert stocked.count(conditions) == len(expected)


@pytest.mark.parametrize("filters", ["yaer=1980", "year=soon", "title>=A", "meta=1", "text=metformin"])
def test_wrong_filters_are_errors(stocked, filters):
    with pytest.raises(FilterError):
        stocked.count(parse_filters(filters))
    with pytest.raises(FilterError):
        stocked.first_stage("glucose", embed(["glucose"])[0], 5, parse_filters(filters))


@pytest.mark.parametrize(
    "condition",
    [
        Condition("mesh", "in", ()),
        Condition("mesh", "in", "Aged"),
        Condition("mesh", "in", ("Aged", None)),
        Condition("mesh", "in", (("Aged",),)),
        Condition("mesh", "eq", ("Aged",)),
        Condition("mesh", "eq", None),
        Condition("mesh", "eq", ()),
        Condition("year", "gte", None),
        Condition("year", "gte", (1980,)),
        Condition("year", "gte", True),
        Condition("open", "exists", "false"),
        Condition("open", "exists", 0),
        Condition("open", "exists", None),
        Condition("year", "ne", 1980),
        Condition("year", "", 1980),
        Condition("year", None, 1980),
        Condition(["year"], "eq", 1980),
        Condition(None, "eq", 1980),
        ("year", "eq", 1980),
    ],
    ids=str,
)
def test_malformed_conditions_never_pass_everything(stocked, condition):
    with pytest.raises(FilterError):
        stocked.count((condition,))
    with pytest.raises(FilterError):
        stocked.first_stage("glucose", embed(["glucose"])[0], 5, (condition,))


def test_in_takes_a_list_too(stocked):
    assert stocked.count((Condition("mesh", "in", ["Adult", "Child"]),)) == 2
    assert stocked.count((Condition("mesh", "in", ("Child",)),)) == 0


def test_metadata_never_collides_with_our_own(store):
    metadata = {
        "text": "x",
        "document_id": "y",
        "meta": ("z",),
        "start": 7,
        "title": "w",
        'qu"o\\te%22.a[0]': 1,
    }
    document = encode("1", "the real text", title="Real", metadata=metadata)
    store.writer.replace([document])
    view = store.view()
    assert view.passages([document.passages[0].id]) == list(document.passages)
    assert view.count(parse_filters({"document_id": "1", "start": 7, "title": "Real"})) == 1
    assert view.count(parse_filters({"document_id": "y"})) == 0
    assert view.count(parse_filters({'qu"o\\te%22.a[0]': 1})) == 1


def test_changed_document_replaces_its_passages(store):
    store.writer.replace([METFORMIN, ASPIRIN])
    newer = encode("1", "metformin lowers sugar", metadata={"year": 1981}, source="c.xml")
    store.writer.replace([newer])
    view = store.view()
    assert contents(view) == {"1": (newer.passages[0].id,), "2": (ASPIRIN.passages[0].id,)}
    assert view.count() == 2
    assert view.passages([METFORMIN.passages[0].id]) == []
    assert (view.manifest.documents, view.manifest.passages) == (2, 2)


def test_replacing_twice_adds_nothing(store):
    for _ in range(2):
        store.writer.replace([METFORMIN, ASPIRIN])
    assert store.view().count() == 3
    assert store.view().manifest.documents == 2


def test_last_of_a_batch_counts(store):
    newer = encode("1", "metformin again")
    store.writer.replace([METFORMIN, newer])
    assert contents(store.view()) == {"1": (newer.passages[0].id,)}
    assert store.view().count() == 1


def test_document_without_passages(store):
    empty = encode("empty")
    assert empty.vectors.shape[0] == 0
    store.writer.replace([empty, METFORMIN])
    assert contents(store.view())["empty"] == ()
    store.writer.replace([encode("1")])
    assert store.view().count() == 0


def test_removing(store):
    store.writer.replace([METFORMIN, ASPIRIN])
    assert store.writer.remove(["1", "1", "unknown"]) == 1
    assert store.writer.remove(["1"]) == 0
    assert store.writer.remove([]) == 0
    view = store.view()
    assert list(contents(view)) == ["2"]
    assert view.count() == 1
    store.writer.replace([METFORMIN])
    assert store.view().count() == 3


def test_optimizing_changes_no_answer(store):
    store.writer.replace([encode(str(n), f"common word{n}", metadata={"n": n}) for n in range(60)])
    store.writer.remove([str(n) for n in range(0, 60, 2)])
    before = store.view().first_stage("common word7", embed(["common word7"])[0], 40)
    store.writer.optimize()
    assert store.view().first_stage("common word7", embed(["common word7"])[0], 40) == before


def bad_documents() -> Iterator[tuple[EncodedDocument, type[Exception]]]:
    good = encode("3", "fine text")
    passage = good.passages[0]
    yield changed(good, vectors=good.vectors[:, :3]), StoreError
    yield changed(good, vectors=np.zeros((0, 16), dtype=np.float32)), StoreError
    yield changed(good, vectors=good.vectors * np.nan), StoreError
    yield changed(good, passages=(changed(passage, id="not-a-uuid"),)), StoreError
    yield changed(good, passages=(changed(passage, document_id="4"),)), StoreError
    yield changed(good, passages=(passage, passage), vectors=np.repeat(good.vectors, 2, axis=0)), StoreError
    yield changed(good, passages=(changed(passage, text="\ud800"),)), DataError
    yield changed(good, passages=(changed(passage, title="\ud800"),)), DataError
    yield changed(good, passages=(changed(passage, metadata={"year": "then"}),)), DataError
    yield changed(good, passages=(changed(passage, metadata={"x": None}),)), DataError
    yield encode("", "text"), DataError
    yield encode("x" * 1025, "text"), DataError
    yield changed(encode("1", "new text"), passages=(changed(METFORMIN.passages[0], text="new"),)), StoreError


def test_bad_documents_change_nothing(store):
    store.writer.replace([METFORMIN])
    before = store.writer.manifest
    for document, kind in bad_documents():
        with pytest.raises(kind):
            store.writer.replace([ASPIRIN, document])
    assert store.writer.manifest == before
    assert list(contents(store.writer)) == ["1"]
    assert list(contents(store.view())) == ["1"]
    store.writer.replace([ASPIRIN])
    assert store.view().count() == 3


def test_fields_grow_and_widen(store):
    store.writer.replace([encode("1", "a", metadata={"n": 1, "tag": "x"})])
    assert store.view().manifest.fields == {"n": "integer", "tag": "keyword"}
    store.writer.replace([encode("2", "b", metadata={"n": 1.5, "tag": ("x", "y"), "flag": False})])
    view = store.view()
    assert view.manifest.fields == {"n": "float", "tag": "keywords", "flag": "boolean"}
    assert view.count(parse_filters("tag=x")) == 2
    assert view.count(parse_filters("n>=1")) == 2
    assert view.count(parse_filters("n=1")) == 1
    assert view.count(parse_filters("flag=false")) == 1


def test_fields_beyond_those_with_an_index(store, monkeypatch):
    monkeypatch.setattr("pertinent.store.shard.MAX_INDEXED_FIELDS", 5)
    store.writer.replace([encode("1", "a", metadata={f"f{n}": n for n in range(6)}), encode("2", "b")])
    view = store.view()
    for n in range(6):
        assert view.count(parse_filters({f"f{n}": n})) == 1
        assert view.count(parse_filters({f"f{n}": 99})) == 0


def test_average_length_is_set_once(store):
    store.writer.replace([encode("1", "one two three four five six")])
    first = store.view().manifest.bm25.average_length
    assert first > 1
    store.writer.replace([encode("2", "word " * 500)])
    assert store.view().manifest.bm25.average_length == first


def test_searching_from_many_threads(stocked):
    expected = stocked.first_stage("glucose", embed(["glucose"])[0], 5)
    wrong: list[object] = []

    def ask() -> None:
        for _ in range(10):
            answer = stocked.first_stage("glucose", embed(["glucose"])[0], 5)
            if answer != expected:
                wrong.append(answer)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_closed(store):
    view = store.view()
    view.close()
    view.close()
    for action in (
        view.count,
        lambda: view.first_stage("a", embed(["a"])[0], 1),
        lambda: view.passages(["x"]),
        lambda: list(view.documents()),
    ):
        with pytest.raises(StoreError, match="closed"):
            action()


def test_closed_writer(store):
    store.writer.close()
    for action in (
        lambda: store.writer.replace([METFORMIN]),
        lambda: store.writer.remove(["1"]),
        lambda: store.writer.known(["1"]),
        store.writer.publish,
        store.writer.optimize,
    ):
        with pytest.raises(StoreError, match="closed"):
            action()
