"""The facade gives on what its embedder says, and opens a model by name or folder."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pertinent.embedders.causal import CausalEmbedder
from pertinent.embedders.embedder import Embedder
from pertinent.embedders.local import LocalEmbedder
from pertinent.embedders.protocol import TextEmbedder
from pertinent.engine.catalogue import CARRIED
from pertinent.engine.causal_model import EngineOptions
from pertinent.engine.model_folder import TOKENIZER_FILE
from pertinent.errors import FetchError, ModelError, UsageError
from pertinent.families.carried import CARRIED_EMBEDDER
from support.fakes import BagOfWords
from support.tiny_embedder import tiny_embedder

TEXTS = ["asthma in children", "The capital of China is Beijing."]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny-embedder"
    tiny_embedder(folder)
    return folder


def test_the_carried_model_is_the_default() -> None:
    facade, local = Embedder(), LocalEmbedder()
    facade.load()
    assert isinstance(facade, TextEmbedder)
    assert facade.model == local.model
    assert facade.model.source == ""
    texts = ["one", "two"]
    assert np.array_equal(facade.embed_documents(texts), local.embed_documents(texts))
    assert np.array_equal(facade.embed_queries(texts), local.embed_queries(texts))


def test_any_embedder_is_taken() -> None:
    local = LocalEmbedder()
    assert Embedder(local).model is local.model
    Embedder(Embedder(local)).load()
    with pytest.raises(UsageError, match="made already"):
        Embedder(local, dimensions=384)
    with pytest.raises(UsageError, match="type int"):
        Embedder(3)  # type: ignore[arg-type]


def test_an_unknown_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        Embedder("no-such-model")
    with pytest.raises(ModelError):
        Embedder("")
    with pytest.raises(ModelError):
        Embedder(tmp_path)
    with pytest.raises(FetchError):
        Embedder("pertinent-tests/never-published", offline=True)


def test_a_folder_in_the_carried_layout_tells_where_it_lies(tmp_path: Path) -> None:
    folder = tmp_path / CARRIED_EMBEDDER
    shutil.copytree(CARRIED / CARRIED_EMBEDDER, folder)
    shutil.copy(CARRIED / TOKENIZER_FILE, tmp_path)
    assert Embedder(folder).model.source == str(folder)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("dimensions", 256),
        ("query_instruction", "Find"),
        ("engine", "torch"),
        ("device", "cuda"),
        ("dtype", "float32"),
        ("compiled", True),
        ("max_tokens", 100),
    ],
)
def test_carried_models_have_no_choice(option: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"no choice of {option}"):
        Embedder(**{option: value})  # type: ignore[arg-type]


def test_what_a_carried_model_does_anyway_may_be_said() -> None:
    assert Embedder(dimensions=384, query_instruction="", threads=1).model == Embedder().model


def test_a_folder_of_a_published_model(tiny: Path) -> None:
    facade = Embedder(
        str(tiny),
        dimensions=32,
        query_instruction="academic",
        engine="torch",
        device="cpu",
        dtype="float32",
        max_tokens=100,
        check=False,
    )
    options = EngineOptions("torch", "cpu", "float32")
    same = CausalEmbedder(
        tiny, dimensions=32, query_instruction="academic", options=options, max_tokens=100, check=False
    )
    facade.load()
    assert facade.model == same.model
    assert np.array_equal(facade.embed_documents(TEXTS), same.embed_documents(TEXTS))
    assert np.array_equal(facade.embed_queries(TEXTS, "legal"), same.embed_queries(TEXTS, "legal"))
    assert facade.truncated == 0
    facade.embed_documents(["asthma " * 300, *TEXTS])
    assert (facade.truncated, Embedder(facade).truncated, Embedder().truncated) == (1, 1, 0)


def test_a_folder_whose_model_fails_its_check(tiny: Path) -> None:
    with pytest.raises(ModelError, match="does not tell an answer"):
        Embedder(tiny, engine="torch", device="cpu").load()


def test_embedding_beside_an_event_loop() -> None:
    facade = Embedder()
    told: list[int] = []

    async def both() -> tuple[np.ndarray, np.ndarray]:
        queries = facade.aembed_queries(TEXTS)
        documents = facade.aembed_documents(TEXTS, progress=lambda done, _: told.append(done))
        return tuple(await asyncio.gather(queries, documents))

    queries, documents = asyncio.run(both())
    assert np.array_equal(queries, facade.embed_queries(TEXTS))
    assert np.array_equal(documents, facade.embed_documents(TEXTS))
    assert told[-1] == 2


def test_torch_needs_nothing_else(tiny: Path) -> None:
    """A bare GPU machine has numpy, tokenizers, safetensors and torch."""
    code = f"""
import sys
for name in ("pydantic", "pydantic_settings", "openvino", "qdrant_edge", "typer", "rich", "transformers"):
    sys.modules[name] = None
from pertinent import Embedder
embedder = Embedder({str(tiny)!r}, engine="torch", device="cpu", dtype="float32", check=False)
print(embedder.embed_queries(["asthma"]).shape)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("(1, 64)\n", "")


def test_an_embedder_that_tells_nothing_of_itself_is_no_error() -> None:
    embedder = Embedder(BagOfWords())
    assert embedder.prompt_hash() == ""
    assert embedder.runs_on == ("", "", "")
