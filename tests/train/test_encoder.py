"""Students in torch compute what the graphs that are shipped compute."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch

from pertinent.engine import bert_graph
from pertinent.errors import ModelError
from pertinent.train.base import shape_of
from pertinent.train.encoder import build_cross_encoder, build_embedder, weights_of
from support.tiny_bert import HEADS, run_graph, tensors, tiny_weights


@torch.no_grad()
def test_cross_encoder_equals_the_graph() -> None:
    weights = tiny_weights(1)
    student = build_cross_encoder(weights, shape_of(weights, HEADS), dropout=0.5, seed=0).eval()
    exported = weights_of(student)
    assert exported.keys() == weights.keys()
    expected = run_graph(bert_graph.build_reranker(exported, shape_of(exported, HEADS)))[:, 0]
    assert np.abs(student(*tensors()).numpy() - expected).max() < 1e-3
    assert np.ptp(expected) > 1e-2, "the sequences should differ, or the test says little"


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@torch.no_grad()
def test_embedder_equals_the_graph(pooling: Literal["mean", "cls"]) -> None:
    weights = tiny_weights(2)
    student = build_embedder(weights, shape_of(weights, HEADS), pooling=pooling, dropout=0.5).eval()
    ids, _, mask = tensors()
    exported = weights_of(student)
    assert not any(name.startswith(("pooler", "classifier")) for name in exported)
    expected = run_graph(
        bert_graph.build_embedder(exported, shape_of(exported, HEADS), mean=pooling == "mean")
    )
    assert np.abs(student(ids, torch.zeros_like(ids), mask).numpy() - expected).max() < 1e-3


def test_exported_weights_are_copies() -> None:
    weights = tiny_weights(3)
    student = build_cross_encoder(weights, shape_of(weights, HEADS), dropout=0, seed=0)
    exported = weights_of(student)
    with torch.no_grad():
        student.classifier.weight += 1
    assert np.array_equal(exported["classifier.weight"], weights["classifier.weight"])


def test_a_missing_head_is_drawn_by_the_seed() -> None:
    weights = {name: array for name, array in tiny_weights().items() if not name.startswith("classifier")}
    heads = [
        weights_of(build_cross_encoder(weights, shape_of(weights, HEADS), dropout=0, seed=seed))
        for seed in (1, 1, 2)
    ]
    first, again, other = (found["classifier.weight"] for found in heads)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(heads[0]["pooler.dense.weight"], weights["pooler.dense.weight"])


@pytest.mark.parametrize(
    "name", ["encoder.layer.1.output.dense.bias", "embeddings.position_embeddings.weight"]
)
def test_missing_weights_are_named(name: str) -> None:
    weights = tiny_weights()
    del weights[name]
    with pytest.raises(ModelError, match=name):
        build_cross_encoder(weights, shape_of(weights, HEADS), dropout=0, seed=0)


def test_weights_of_another_shape_are_named() -> None:
    weights = tiny_weights()
    weights["encoder.layer.0.output.dense.bias"] = np.zeros(3, np.float32)
    with pytest.raises(ModelError, match="another shape"):
        build_embedder(weights, shape_of(weights, HEADS), pooling="mean", dropout=0)
