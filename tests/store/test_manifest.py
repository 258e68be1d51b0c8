from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import CollectionMismatch, CollectionNotFound, StoreError
from pertinent.store import files
from pertinent.store.manifest import (
    FORMAT_VERSION,
    MANIFEST_FILE,
    Manifest,
    parse_manifest,
    read_manifest,
    write_manifest,
)
from pertinent.store.schema import KINDS
from pertinent.store.vectors import Bm25Settings, EmbedderIdentity
from pertinent.types import ModelInfo

MANIFEST = Manifest(
    EmbedderIdentity("mini", "r1", 384),
    Bm25Settings("german", 151.5),
    {"year": "integer", "mesh": "keywords"},
    documents=3,
    passages=7,
    generation=2,
    identity="abc",
)


def test_round_trip(tmp_path):
    write_manifest(tmp_path, MANIFEST)
    assert read_manifest(tmp_path) == MANIFEST
    assert [entry.name for entry in tmp_path.iterdir()] == [MANIFEST_FILE]


def test_a_collection_that_is_local_only_is_kept_from_those_who_would_not_heed_it(tmp_path):
    marked = replace(MANIFEST, local_only=True)
    write_manifest(tmp_path, marked)
    assert read_manifest(tmp_path) == marked
    assert (MANIFEST.to_dict()["format_version"], marked.to_dict()["format_version"]) == (1, 2)


@pytest.mark.parametrize(
    "change", [{"local_only": True}, {"format_version": 2}, {"local_only": "yes"}], ids=str
)
def test_a_mark_that_does_not_fit_its_format_is_damage(change):
    marks = {"local_only": False} | change
    if marks["local_only"] == "yes":
        marks["format_version"] = 2
    with pytest.raises(StoreError, match="damaged"):
        parse_manifest(json.dumps(MANIFEST.to_dict() | marks))


def test_a_manifest_without_query_instruction_opens():
    """As the first release wrote them."""
    values = MANIFEST.to_dict()
    values["embedder"] = {"name": "mini", "revision": "r1", "dimensions": 384}
    assert parse_manifest(json.dumps(values)) == MANIFEST


def test_an_embedder_is_kept_with_its_query_instruction_and_its_place(tmp_path):
    # A folder name that is not UTF-8 reaches Python as a lone surrogate.
    embedder = EmbedderIdentity("qwen", "r1", 512, "Find what answers", "/models/qw\udce4n")
    write_manifest(tmp_path, Manifest(embedder))
    kept = read_manifest(tmp_path).embedder
    assert (kept, kept.source) == (embedder, embedder.source)


def _model(**changes):
    values = {"name": "qwen", "revision": "r1", "dimensions": 512, "default_instruction": "Find"}
    kinds = {
        "family": "f",
        "kind": "embedder",
        "max_tokens": 9,
        "parameters": 1,
        "licence": "",
        "source": "/a",
    }
    return ModelInfo(**(values | kinds | changes))


@pytest.mark.parametrize(
    "change",
    [{"name": "other", "source": ""}, {"revision": "r2"}, {"dimensions": 256}, {"default_instruction": ""}],
    ids=lambda change: next(iter(change)),
)
def test_vectors_of_another_embedder_are_refused(change):
    manifest = Manifest(EmbedderIdentity.of(_model()))
    manifest.check_embedder(_model(source="/moved"))
    manifest.check_embedder(_model(source="/renamed", name="renamed"))
    with pytest.raises(CollectionMismatch, match="made with embedder qwen"):
        manifest.check_embedder(_model(**change))


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1), st.sampled_from(KINDS)))
def test_any_field_names(fields):
    manifest = Manifest(EmbedderIdentity("m", "1", 2), fields=fields)
    assert parse_manifest(json.dumps(manifest.to_dict())) == manifest


def test_newer_format_says_upgrade(tmp_path):
    values = {"format_version": FORMAT_VERSION + 1, "everything": "else"}
    (tmp_path / MANIFEST_FILE).write_text(json.dumps(values))
    with pytest.raises(CollectionMismatch, match="Upgrade"):
        read_manifest(tmp_path)


def _broken():
    values = MANIFEST.to_dict()
    yield ""
    yield "{"
    yield "[]"
    yield "null"
    yield "[" * 100_000
    for key in values:
        yield json.dumps({name: value for name, value in values.items() if name != key})
    yield json.dumps({**values, "fields": {"year": "date"}})
    yield json.dumps({**values, "documents": -1})
    yield json.dumps({**values, "embedder": None})


@pytest.mark.parametrize("text", list(_broken()))
def test_damage_is_told(text):
    with pytest.raises(StoreError, match="damaged"):
        parse_manifest(text)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN"])
@pytest.mark.parametrize("name", ["format_version", "documents"])
def test_a_number_that_is_not_finite_is_damage(name, number):
    text = json.dumps({**MANIFEST.to_dict(), name: "here"}).replace('"here"', number)
    with pytest.raises(StoreError, match="damaged"):
        parse_manifest(text)


def test_huge_file_is_not_read(tmp_path):
    (tmp_path / MANIFEST_FILE).write_bytes(b" " * (2 << 20))
    with pytest.raises(StoreError, match="damaged"):
        read_manifest(tmp_path)


def test_missing(tmp_path):
    with pytest.raises(CollectionNotFound):
        read_manifest(tmp_path)
    with pytest.raises(CollectionNotFound):
        read_manifest(tmp_path / "nowhere")


def test_a_failed_write_keeps_the_old_one(tmp_path, monkeypatch):
    write_manifest(tmp_path, MANIFEST)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(StoreError, match="No space left") as caught:
        write_manifest(tmp_path, Manifest(EmbedderIdentity("other", "1", 1)))
    assert "Free some space" in caught.value.hint
    monkeypatch.undo()
    assert read_manifest(tmp_path) == MANIFEST
    assert [entry.name for entry in tmp_path.iterdir()] == [MANIFEST_FILE]
