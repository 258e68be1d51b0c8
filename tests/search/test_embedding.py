"""A collection finds its embedder again, and refuses another."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pertinent.embedders.embedder import Embedder
from pertinent.errors import CollectionMismatch, FetchError, ModelError, UsageError
from pertinent.families.carried import CARRIED_EMBEDDER
from pertinent.search.collection import Collection
from pertinent.search.embedding import embedder_for
from pertinent.store.collection import create, describe
from pertinent.types import Document
from support.fakes import BagOfWords, WordOverlap
from support.tiny_embedder import tiny_embedder

DOCUMENTS = [
    Document("a", "Asthma in children is treated with salbutamol."),
    Document("b", "The capital of China is Beijing."),
]
FLOATS = {"engine": "torch", "device": "cpu", "dtype": "float32"}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny-embedder"
    tiny_embedder(folder, seed=1)
    return folder


@pytest.fixture
def made(tiny: Path, tmp_path: Path) -> Path:
    """A collection of the tiny embedder's, 48 wide, with queries of its own instruction."""
    embedder = Embedder(tiny, dimensions=48, query_instruction="Retrieve trials")
    create(tmp_path / "made", embedder.model).close()
    return tmp_path / "made"


def test_without_a_choice_the_recorded_embedder_is_found(tiny: Path, made: Path) -> None:
    model = embedder_for(made).model
    assert (model.source, model.dimensions, model.default_instruction) == (str(tiny), 48, "Retrieve trials")
    assert describe(made).embedder.source == str(tiny)
    describe(made).check_embedder(model)


def test_a_named_one_takes_the_recorded_form(tiny: Path, made: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / tiny.name
    shutil.copytree(tiny, moved)
    model = embedder_for(made, moved).model
    assert model.source == str(moved)
    describe(made).check_embedder(model)


@pytest.mark.parametrize(
    ("option", "value"), [("dimensions", 64), ("query_instruction", ""), ("query_instruction", "Other words")]
)
def test_another_form_is_refused(made: Path, option: str, value: object) -> None:
    embedder = embedder_for(made, **{option: value})  # type: ignore[arg-type]
    with pytest.raises(CollectionMismatch, match="made with embedder tiny-embedder"):
        Collection(made, embedder=embedder).search("asthma")


def test_an_embedder_that_has_gone_is_told(made: Path, tmp_path: Path) -> None:
    manifest = json.loads((made / "manifest.json").read_text("utf-8"))
    manifest["embedder"]["source"] = str(tmp_path / "gone")
    (made / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(CollectionMismatch, match=r"tiny-embedder \(.*48 dimensions") as caught:
        Collection(made).search("asthma")
    assert "--embedder" in caught.value.hint


def test_the_wrong_model_is_told(made: Path, tmp_path: Path) -> None:
    with pytest.raises(CollectionMismatch, match="no choice of dimensions"):
        embedder_for(made, CARRIED_EMBEDDER)
    with pytest.raises(CollectionMismatch):
        embedder_for(made, tmp_path)


def test_a_new_collection_takes_what_is_asked_for(tiny: Path, tmp_path: Path) -> None:
    assert embedder_for(tmp_path / "new").model == Embedder().model
    model = embedder_for(tmp_path / "new", str(tiny), dimensions=32, query_instruction="").model
    assert (model.dimensions, model.default_instruction) == (32, "")
    with pytest.raises(ModelError):
        embedder_for(tmp_path / "new", "absent")
    with pytest.raises(UsageError, match="no choice of dimensions"):
        embedder_for(tmp_path / "new", dimensions=32)


def test_an_embedder_is_taken_as_it_is(made: Path) -> None:
    embedder = BagOfWords()
    assert embedder_for(made, embedder) is embedder


def test_a_hub_model_that_is_not_here(made: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    manifest = json.loads((made / "manifest.json").read_text("utf-8"))
    manifest["embedder"]["source"] = "pertinent-tests/never-published@main"
    (made / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(FetchError, match="never-published"):
        embedder_for(made)


def test_a_collection_works_with_it(tiny: Path, tmp_path: Path) -> None:
    embedder = Embedder(tiny, dimensions=32, **FLOATS)  # type: ignore[arg-type]
    with Collection(tmp_path / "c", embedder=embedder, reranker=WordOverlap()) as collection:
        collection.add(DOCUMENTS)
        result = collection.search("Asthma in children is treated with salbutamol.", instruction="academic")
        assert [hit.passage.document_id for hit in result][:1] == ["a"]
        assert result.mixed
        assert (result.query.instruction or "").startswith("Given a research question")
        with pytest.raises(UsageError, match="no ready instruction"):
            collection.search("asthma", instruction="acedemic")


def test_collections_of_the_first_release_open(tmp_path: Path) -> None:
    with Collection(tmp_path / "c") as collection:
        collection.add(DOCUMENTS)
    manifest = json.loads((tmp_path / "c" / "manifest.json").read_text("utf-8"))
    for name in ("query_instruction", "source"):
        assert manifest["embedder"].pop(name) == ""
    (tmp_path / "c" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with Collection.open(tmp_path / "c") as collection:
        assert collection.search("asthma").hits[0].passage.document_id == "a"
