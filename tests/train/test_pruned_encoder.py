"""Tokens that a graph drops are dropped by the student, and layers above them learn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from pertinent.engine import bert_graph
from pertinent.engine.token_pruning import TokenPruning
from pertinent.train.base import shape_of
from pertinent.train.encoder import build_cross_encoder
from support.tiny_bert import HEADS, run_graph, tensors, tiny_weights


@pytest.mark.parametrize(
    "pruning",
    [((1, 0.4),), ((1, 0.7), (2, 0.3)), ((1, 0.2), (2, 0.2, 4))],
    ids=["once", "twice", "more wanted than left"],
)
@torch.no_grad()
def test_pruned_cross_encoder_equals_the_graph(pruning: tuple[Any, ...]) -> None:
    weights = tiny_weights(3, layers=3)
    whole = shape_of(weights, HEADS)
    shape = replace(whole, pruning=tuple(TokenPruning(*each) for each in pruning))
    expected = run_graph(bert_graph.build_reranker(weights, shape))[:, 0]
    student = build_cross_encoder(weights, shape, dropout=0.5, seed=0).eval()
    assert np.abs(student(*tensors()).numpy() - expected).max() < 1e-3
    unpruned = run_graph(bert_graph.build_reranker(weights, whole))[:, 0]
    assert np.abs(unpruned - expected).max() > 1e-3, "dropping tokens should show, or the test says little"


@torch.no_grad()
def test_pruned_margins_do_not_depend_on_their_batch() -> None:
    weights = tiny_weights(4, layers=3)
    shape = replace(shape_of(weights, HEADS), pruning=(TokenPruning(1, 0.5), TokenPruning(2, 0.25)))
    student = build_cross_encoder(weights, shape, dropout=0.0, seed=0).eval()
    ids, types, mask = tensors()
    alone = student(ids[:1, :6], types[:1, :6], mask[:1, :6])
    assert torch.allclose(alone, student(ids, types, mask)[:1], atol=1e-5)


def test_layers_above_the_pruning_learn() -> None:
    weights = tiny_weights(5, layers=3)
    shape = replace(shape_of(weights, HEADS), pruning=(TokenPruning(1, 0.5),))
    student = build_cross_encoder(weights, shape, dropout=0.0, seed=0)
    student(*tensors()).sum().backward()
    gradients = dict(student.named_parameters())
    upper = gradients["bert.encoder.layer.2.attention.self.value.weight"].grad
    assert upper is not None
    assert upper.abs().sum() > 0
