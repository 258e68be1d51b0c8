"""Texts become ids; nothing in a text is a control token, and no text is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.engine.catalogue import CARRIED
from pertinent.engine.model_folder import TOKENIZER_FILE
from pertinent.engine.tokenization import TextTokenizer
from pertinent.errors import ModelError
from pertinent.families.bert import CONTROL_TOKENS

DEFINITION = (CARRIED / TOKENIZER_FILE).read_bytes()
TOKENIZER = TextTokenizer(DEFINITION, CONTROL_TOKENS)
MASK = 103


@given(st.lists(st.text(st.characters(codec=None)), max_size=5))
@settings(max_examples=200)
def test_any_text_becomes_ids_without_control_tokens(texts: list[str]) -> None:
    controls = {CONTROL_TOKENS[token] for token in ("[PAD]", "[CLS]", "[SEP]")} | {MASK}
    encoded = TOKENIZER.encode(texts)
    assert len(encoded) == len(texts)
    for ids in encoded:
        assert not controls & set(ids.tolist())
    assert [TOKENIZER.encode([text])[0].tolist() for text in texts] == [ids.tolist() for ids in encoded]


def test_names_of_control_tokens_are_text() -> None:
    (ids,) = TOKENIZER.encode(["[CLS] [SEP] [MASK] [PAD] [UNK]"])
    assert not {0, 100, 101, 102, 103} & set(ids.tolist())
    assert len(ids) >= 15


def test_halves_of_a_surrogate_pair_are_joined_and_lone_ones_are_dropped() -> None:
    joined, whole, lone, plain = TOKENIZER.encode(["pill \ud83d\udc8a", "pill 💊", "a\ud800 b", "a b"])
    assert joined.tolist() == whole.tolist()
    assert lone.tolist() == plain.tolist()


def test_nul_and_emptiness() -> None:
    nul, empty = TOKENIZER.encode(["\x00", ""])
    assert len(nul) == len(empty) == 0


def test_a_megabyte_is_one_text() -> None:
    (ids,) = TOKENIZER.encode(["glucose " * 131_072])
    assert len(ids) == 131_072


def test_a_damaged_definition_is_a_model_error() -> None:
    with pytest.raises(ModelError):
        TextTokenizer(b"{}", CONTROL_TOKENS)


def test_other_control_tokens_are_refused() -> None:
    with pytest.raises(ModelError, match="control tokens"):
        TextTokenizer(DEFINITION, {"[SEP]": 2})
