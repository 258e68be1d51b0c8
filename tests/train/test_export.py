from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pertinent.engine.bert_graph import build_reranker
from pertinent.engine.model_folder import open_model_folder
from pertinent.errors import ModelError
from pertinent.families import cross_encoder
from pertinent.rerankers.local import LocalReranker
from pertinent.train.base import shape_of
from pertinent.train.card import CardFacts
from pertinent.train.export import CANARY, Origin, canary, canary_ids, run_float, write_model
from pertinent.types import ModelInfo
from support.tiny_bert import HEADS, tiny_tokenizer, tiny_weights

INFO = ModelInfo("tiny", "", "cross_encoder", "reranker", 32, 0, "CC0-1.0")
ORIGIN = Origin("drawn", "https://example.org/drawn", "model.safetensors", "0" * 64)
FACTS = CardFacts("drawn at random", "no use", "a test")


def written(folder: Path, **extra: object) -> Path:
    weights = tiny_weights(9)
    graph = build_reranker(weights, shape_of(weights, HEADS))
    query, *texts = canary_ids(tiny_tokenizer())
    found = [float(run_float(graph, cross_encoder.join(query[:8], text[:16]))[0]) for text in texts]
    told = canary(*found) | extra
    write_model(folder, graph, weights, INFO, ORIGIN, tiny_tokenizer(), FACTS, told)
    return folder


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = (written(tmp_path / name) for name in ("one", "two"))
    files = {path.name: path.read_bytes() for path in one.iterdir()}
    assert files == {path.name: path.read_bytes() for path in two.iterdir()}
    assert files.keys() == {"model.json", "model.xml", "model.bin.zlib", "tokenizer.json", "README.md"}


def test_what_was_written_opens_and_every_file_is_vouched_for(tmp_path: Path) -> None:
    folder = written(tmp_path / "one")
    info = open_model_folder(folder).info
    assert info.parameters == sum(weight.size for weight in tiny_weights(9).values())
    assert replace(info, revision="", parameters=0, source="").name == "tiny"
    (folder / "model.bin.zlib").write_bytes(b"damaged")
    with pytest.raises(ModelError):
        LocalReranker(folder).load()


def test_a_canary_is_rounded_so_that_files_do_not_differ_by_last_bits() -> None:
    told = canary(1.23456, np.float32(-0.004))["canary"]
    assert told["expected"] == [1.23, -0.0]
    assert (told["query"], told["answer"], told["other"]) == CANARY
