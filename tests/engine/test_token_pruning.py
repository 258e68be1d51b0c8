"""Pruned graphs: what tokens are, how many go on and which, in float32 and in bfloat16."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openvino import Type
from openvino import opset15 as op

from pertinent.engine import token_pruning
from pertinent.engine.token_pruning import CLS, PADDING, PASSAGE, SEP, WORD, TokenPruning

LONGEST = 600


def compiled(graph: Callable[..., Any], *types: Type, precision: str = "f32") -> Any:
    inputs = [op.parameter([-1, -1], type) for type in types]
    found = graph(*inputs)
    outputs = [op.result(each) for each in (found if isinstance(found, tuple) else (found,))]
    return ov.Core().compile_model(
        ov.Model(outputs, inputs, "test"), "CPU", {"INFERENCE_PRECISION_HINT": precision}
    )


def counted(types: Any, mask: Any, pruning: TokenPruning) -> Any:
    found = token_pruning.standing(types, mask)
    return token_pruning.kept_counts(found, found, pruning, LONGEST)


def rows(*lengths: tuple[int, int]) -> tuple[Any, Any]:
    """Types and mask of sequences with so many tokens of query (with its marks) and passage."""
    longest = max(map(sum, lengths))
    types, mask = np.zeros((len(lengths), longest), np.int32), np.zeros((len(lengths), longest), np.int32)
    for row, (query, passage) in enumerate(lengths):
        types[row, query : query + passage] = 1
        mask[row, : query + passage] = 1
    return types, mask


def test_standing_tells_marks_words_passage_and_padding() -> None:
    graph = compiled(token_pruning.standing, Type.i32, Type.i32)
    found = graph(list(rows((4, 3), (3, 1))))[0]
    assert found.tolist() == [
        [CLS, WORD, WORD, SEP, PASSAGE, PASSAGE, PASSAGE],
        [CLS, WORD, SEP, PASSAGE, PADDING, PADDING, PADDING],
    ]


@pytest.mark.parametrize("precision", ["f32", "bf16"])
@pytest.mark.parametrize("share", [0.15, 0.2, 0.4])
def test_counts_are_exact_for_every_length(share: float, precision: str) -> None:
    pruning = TokenPruning(1, share)
    graph = compiled(
        lambda types, mask: counted(types, mask, pruning),
        Type.i32,
        Type.i32,
        precision=precision,
    )
    lengths = range(0, LONGEST - 5)
    found = graph(list(rows(*((5, passage) for passage in lengths))))[0][:, 0]
    exact = [5 + -(-passage * round(share * 1000) // 1000) for passage in lengths]
    assert found.tolist() == exact


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1 << 20), precision=st.sampled_from(["f32", "bf16"]))
def test_the_most_heeded_tokens_stay(seed: int, precision: str) -> None:
    rng = np.random.default_rng(seed)
    types, mask = rows((4, 9), (6, 20), (3, 2))
    tokens = mask.shape[1]
    # Far enough apart for eight bits of mantissa.
    attention = np.stack([rng.permutation(tokens) / tokens for _ in range(3)]).astype(np.float32)
    states = np.repeat(np.arange(tokens)[None, :, None], 3, axis=0).astype(np.float32)
    counts = np.array([[4 + 3], [6 + 7], [3 + 1]], np.int32)
    inputs = [op.parameter([-1, -1, 1], Type.f32), *(op.parameter([-1, -1], Type.i32) for _ in range(3))]
    inputs.append(op.parameter([-1, -1], Type.f32))
    node, stays = token_pruning.drop(
        inputs[0], token_pruning.standing(inputs[1], inputs[2]), inputs[4], inputs[3]
    )
    graph = ov.Core().compile_model(
        ov.Model([op.result(node), op.result(stays)], inputs, "test"),
        "CPU",
        {"INFERENCE_PRECISION_HINT": precision},
    )
    found = graph([states, types, mask, counts, attention])
    for row, (query, count) in enumerate([(4, 3), (6, 7), (3, 1)]):
        kept = found[0][row, : query + count, 0].astype(int).tolist()
        passage = [place for place in range(tokens) if types[row, place] == 1]
        best = sorted(passage, key=lambda place: -attention[row, place])[:count]
        assert kept[0] == 0, "[CLS] stays first"
        assert sorted(kept) == sorted([*range(query), *best])
        assert (found[1][row, query + count :] == PADDING).all()
