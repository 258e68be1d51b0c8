"""The engine on published weights against transformers (``tools/make_goldens.py`` wrote the values).

Token ids are equal. Margins and vectors differ by what int8 and bfloat16 cost: measured 0.05 on
average and 0.22 at most for margins, cosine 0.9966 on average and 0.9886 at least for vectors; most
of these texts are stranger than what the models were trained on.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pertinent.embedders.local import LocalEmbedder
from pertinent.engine.catalogue import CARRIED
from pertinent.engine.model_folder import TOKENIZER_FILE
from pertinent.engine.tokenization import TextTokenizer
from pertinent.families import bert_embedder, cross_encoder
from pertinent.families.bert import CONTROL_TOKENS
from pertinent.rerankers.local import LocalReranker
from pertinent.train.card import CardFacts
from pertinent.train.config import StudentConfig
from pertinent.train.export_config import ExportConfig
from pertinent.train.finish import export_student

GOLDENS: dict[str, list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("goldens.json").read_text(encoding="utf-8")
)
PAIRS, TEXTS = GOLDENS["pairs"], GOLDENS["texts"]


@pytest.fixture(scope="module")
def tokenizer() -> TextTokenizer:
    return TextTokenizer((CARRIED / TOKENIZER_FILE).read_bytes(), CONTROL_TOKENS)


@pytest.mark.parametrize("golden", PAIRS, ids=range(len(PAIRS)))
def test_token_ids_of_a_pair(tokenizer: TextTokenizer, golden: dict[str, Any]) -> None:
    pair = cross_encoder.join(*tokenizer.encode([golden["query"], golden["passage"]]))
    assert pair.ids.tolist() == golden["ids"]
    assert pair.segment == golden["segment"]


@pytest.mark.parametrize("golden", TEXTS, ids=range(len(TEXTS)))
def test_token_ids_of_a_text(tokenizer: TextTokenizer, golden: dict[str, Any]) -> None:
    (ids,) = tokenizer.encode([golden["text"]])
    assert bert_embedder.wrap(ids).ids.tolist() == golden["ids"]


def exported(weights_folder: Path, base: str, kind: str, out: Path) -> Path:
    student = StudentConfig.model_validate({"kind": kind, "base": base})
    facts = CardFacts("as published", "", "")
    export_student(weights_folder / base, out, student, ExportConfig(name=base), [], facts=facts)
    return out


def test_margins(weights_folder: Path, tmp_path: Path) -> None:
    reranker = LocalReranker(exported(weights_folder, "ms-marco-minilm-l12", "cross_encoder", tmp_path))
    found = np.array([reranker.score(pair["query"], [pair["passage"]])[0].margin for pair in PAIRS])
    difference = np.abs(found - [pair["margin"] for pair in PAIRS])
    assert difference.mean() < 0.1
    assert difference.max() < 0.4


def test_vectors(weights_folder: Path, tmp_path: Path) -> None:
    embedder = LocalEmbedder(exported(weights_folder, "minilm-l6-embedder", "embedder", tmp_path))
    vectors = embedder.embed_documents([golden["text"] for golden in TEXTS])
    expected = np.array([golden["vector"] for golden in TEXTS])
    cosines = (vectors * expected).sum(axis=1) / np.linalg.norm(expected, axis=1)
    assert cosines.mean() > 0.995
    assert cosines.min() > 0.98
