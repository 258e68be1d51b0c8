"""Students read texts as the finished model does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pertinent.engine.tokenization import TextTokenizer
from pertinent.errors import UsageError
from pertinent.families import bert_embedder, cross_encoder
from pertinent.families.bert import CONTROL_TOKENS
from pertinent.train.config import StudentConfig
from pertinent.train.students import SCALE, open_student
from support.tiny_bert import save_base, tiny_tokenizer, tiny_weights

QUERIES = ["what lowers glucose", "does aspirin lowers pain " * 12]
PASSAGES = [["metformin lowers glucose", "rain", ""], ["aspirin lowers fever " * 40]]
TOKENIZER = TextTokenizer(tiny_tokenizer(), CONTROL_TOKENS)


def config(**values: object) -> StudentConfig:
    return StudentConfig.model_validate({"base": "tiny", "max_tokens": 32, **values})


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return save_base(tmp_path, tiny_weights())


@torch.no_grad()
def test_a_cross_encoder_reads_pairs_as_inference_does(base: Path) -> None:
    student = open_student(config(kind="cross_encoder"), base, seed=0)
    student.module.eval()
    margins = student.margins(QUERIES, PASSAGES)
    assert margins.own.shape == (2, 3)
    assert torch.equal(margins.scores, torch.sigmoid(margins.own))
    assert margins.every is None
    for row, (query, passages) in enumerate(zip(QUERIES, PASSAGES, strict=True)):
        for column, passage in enumerate(passages):
            ids, text = TOKENIZER.encode([query, passage])
            ids = ids[: cross_encoder.query_limit(32)]
            pair = cross_encoder.join(ids, text[: cross_encoder.passage_limit(32, len(ids))])
            assert len(pair.ids) <= 32
            read = torch.from_numpy(pair.ids.astype(np.int64))[None]
            types = (torch.arange(read.shape[1]) >= pair.segment).long()[None]
            expected = student.module(read, types, torch.ones_like(read))
            assert float(margins.own[row, column]) == pytest.approx(float(expected), abs=1e-5)
    assert margins.own[1, 1:].tolist() == [0, 0]


@torch.no_grad()
def test_an_embedder_compares_all_with_all(base: Path) -> None:
    student = open_student(config(kind="embedder"), base, seed=0)
    student.module.eval()

    def vector(text: str) -> torch.Tensor:
        (ids,) = TOKENIZER.encode([text])
        read = torch.from_numpy(bert_embedder.wrap(ids[:30]).ids.astype(np.int64))[None]
        found: torch.Tensor = student.module(read, torch.zeros_like(read), torch.ones_like(read))[0]
        return found

    margins = student.margins(QUERIES, PASSAGES)
    assert margins.every is not None
    every, cosines = margins.every
    assert every.shape == cosines.shape == (2, 6)
    texts = [*PASSAGES[0], *PASSAGES[1]]
    expected = torch.stack([torch.stack([vector(q) @ vector(text) for text in texts]) for q in QUERIES])
    assert torch.allclose(cosines[:, :4], expected, atol=1e-5)
    assert torch.allclose(every, cosines * SCALE)
    assert torch.equal(margins.own, torch.stack([every[0, :3], every[1, 3:]]))
    assert torch.equal(margins.scores[0], cosines[0, :3])


def test_layers_and_window_follow_the_configuration(base: Path) -> None:
    student = open_student(config(kind="cross_encoder", layers=[1]), base, seed=0)
    assert len(student.module.bert.encoder.layer) == 1
    with pytest.raises(UsageError, match="64 tokens"):
        open_student(config(kind="embedder", max_tokens=65), base, seed=0)
