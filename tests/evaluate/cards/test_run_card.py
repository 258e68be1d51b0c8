"""A card says everything that numbers depend on, in plain values, and no text."""

from __future__ import annotations

import json
import struct
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.embedders.embedder import Embedder
from pertinent.engine.causal_model import EngineOptions
from pertinent.errors import UsageError
from pertinent.evaluate.cards.run_card import make_card, values_hash
from pertinent.evaluate.request import Request
from pertinent.families.instructions import INSTRUCTIONS
from pertinent.rerankers.causal import CausalReranker
from pertinent.rerankers.reranker import Reranker
from support.cards import VALUES, small_card, small_task
from support.tiny_reranker import tiny_reranker

NAMES = st.text(max_size=3)
PER_STAGE = st.dictionaries(
    NAMES,
    st.dictionaries(
        NAMES, st.dictionaries(NAMES, st.floats(allow_nan=False), min_size=1, max_size=3), max_size=2
    ),
    max_size=2,
)


@pytest.fixture(scope="module")
def causal(tmp_path_factory: pytest.TempPathFactory) -> Reranker:
    folder = tmp_path_factory.mktemp("models") / "tiny-reranker"
    tiny_reranker(folder, seed=2)
    return Reranker(CausalReranker(folder, options=EngineOptions("torch", "cpu", "float32")))


def test_the_card_of_the_carried_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    request = Request(("data", "mteb:SciFact"), bm25_k=0.9, instruction="moderation")
    embedder, reranker = Embedder(), Reranker()
    card = make_card(small_task(), request, embedder, {"mini": reranker})

    assert json.loads(json.dumps(card)) == card
    assert Request.from_dict(card["request"] | {"paths": ["data", "mteb:SciFact"]}) == request
    assert card["request"]["paths"] == [str(tmp_path / "data"), "mteb:SciFact"]
    assert datetime.fromisoformat(card["when"]).tzinfo is not None
    assert (card["dataset"], card["split"], card["data_hash"], card["queries"]) == (
        "tiny",
        "test",
        "0123abcd",
        2,
    )
    for entry, judge in ((card["embedder"], embedder), (card["rerankers"]["mini"], reranker)):
        model = judge.model
        assert (entry["name"], entry["revision"]) == (model.name, model.revision)
        assert (entry["family"], entry["max_tokens"]) == (model.family, model.max_tokens)
        assert entry["prompt_hash"] == judge.prompt_hash() != ""
        assert (entry["engine"], entry["dtype"], entry["device"]) == ("openvino", "int8", "cpu")
        assert entry["instruction"] is None, "carried models read none, whatever is asked"
    assert card["embedder"]["dimensions"] == embedder.model.dimensions
    assert card["rerankers"]["mini"]["constants"] == dict(reranker.constants) != {}
    assert card["chunking"] == {"max_tokens": 384, "overlap": 48}
    assert card["bm25"] == {"k": 0.9, "b": 0.75, "language": "german"}
    assert card["rrf_constant"] == 60
    assert card["packages"]["openvino"]
    assert card["machine"]["cores"] >= 1


def test_the_instruction_is_the_one_that_is_read(causal: Reranker) -> None:
    def entry(instruction: str | None) -> Any:
        request = Request(("x",), instruction=instruction)
        return make_card(small_task(), request, None, {"tiny": causal})["rerankers"]["tiny"]

    assert entry(None)["instruction"] == causal.model.default_instruction
    assert entry("moderation")["instruction"] == INSTRUCTIONS["moderation"]
    assert entry("moderation")["prompt_hash"] == causal.prompt_hash("moderation") != causal.prompt_hash()
    assert (entry(None)["engine"], entry(None)["dtype"]) == ("torch", "float32")
    with pytest.raises(UsageError, match="no ready instruction"):
        entry("no-such-name")


def test_judges_that_tell_little_of_themselves_have_a_card() -> None:
    card = small_card()
    assert card["rerankers"]["overlap"]["prompt_hash"] == ""
    assert card["rerankers"]["overlap"]["engine"] == ""
    assert card["rerankers"]["overlap"]["constants"] == {}


def test_without_models_and_with_another_language() -> None:
    card = make_card(small_task(), Request(("x",), language="none"), None, {})
    assert (card["embedder"], card["rerankers"], card["bm25"]["language"]) == (None, {}, "none")


def test_a_card_holds_no_text_of_queries_or_documents() -> None:
    text = json.dumps(small_card())
    for words in ("who?", "what?", "He."):
        assert words not in text


@given(PER_STAGE, st.randoms(use_true_random=False))
def test_the_hash_of_values_survives_json_and_any_order(values: Any, random: Any) -> None:
    def shuffled(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        items = list(value.items())
        random.shuffle(items)
        return {key: shuffled(inner) for key, inner in items}

    assert values_hash(shuffled(values)) == values_hash(values)
    assert values_hash(json.loads(json.dumps(values))) == values_hash(values)


@given(st.data())
def test_the_hash_of_values_sees_the_last_bit(data: st.DataObject) -> None:
    stage = data.draw(st.sampled_from(sorted(VALUES)))
    metric = data.draw(st.sampled_from(sorted(VALUES[stage])))
    query = data.draw(st.sampled_from(sorted(VALUES[stage][metric])))
    (bits,) = struct.unpack("<Q", struct.pack("<d", VALUES[stage][metric][query]))
    (changed,) = struct.unpack("<d", struct.pack("<Q", bits ^ (1 << data.draw(st.integers(0, 51)))))
    other = {name: {key: dict(each) for key, each in metrics.items()} for name, metrics in VALUES.items()}
    other[stage][metric][query] = changed
    assert values_hash(other) != values_hash(VALUES)
    del other[stage][metric][query]
    assert values_hash(other) != values_hash(VALUES)
