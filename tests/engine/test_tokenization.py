"""Texts become ids; nothing in a text is a control token, and no text is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.engine import tokenization
from pertinent.engine.catalogue import CARRIED
from pertinent.engine.model_folder import TOKENIZER_FILE
from pertinent.engine.tokenization import TextTokenizer, cut_text
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


SCRIPTS = st.one_of(
    st.text(st.characters(codec=None), max_size=12),
    st.sampled_from(
        [
            *(
                "metformin",
                "ANÁLISIS",
                "e\u0301",
                "\u0301",
                "\u0327\u0301",
                "ΛΌΓΟΣ",
                "Σ",
                "ß",
                "İ",
                "глюкоза",
            ),
            *(
                "औषधि",
                "\u094d",
                "سكر",
                "ไทย",
                "糖尿病",
                "か\u3099",
                "カ。",
                "인슐린",
                "각",
                "💊",
                "👩\u200d⚕️",
            ),
            *(" ", "\n", "\r\n", "\t", "\x85", "\x1c", "\u3000", "\u00a0", "\u200b", "\ufffd", "\x00"),
            *("\u0338", "=", ".", "-", "'", "[SEP]", "##", "_", "$", "\ud83d", "\udc8a", "x" * 101),
        ]
    ),
)


@given(st.lists(SCRIPTS, max_size=40).map("".join), st.integers(1, 9), st.integers(1, 40))
@settings(max_examples=600, deadline=None)
def test_pieces_have_the_ids_of_the_whole(text: str, piece: int, group: int) -> None:
    (whole,) = TOKENIZER.encode([text])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokenization, "PIECE_CHARACTERS", piece)
        patch.setattr(tokenization, "GROUP_CHARACTERS", group)
        assert "".join(cut_text(text)) == text
        first, _, last = TOKENIZER.encode([text, "", text])
    assert first.tolist() == last.tolist() == whole.tolist()


def test_pieces_are_bounded_where_a_text_has_words() -> None:
    pieces = list(cut_text("glucose, " * 50_000 + "糖" * 300_000))
    assert len(pieces) > 10
    assert max(map(len, pieces)) <= tokenization.PIECE_CHARACTERS


def test_a_word_longer_than_a_piece_stays_whole() -> None:
    word = "x" * (3 * tokenization.PIECE_CHARACTERS)
    assert [len(piece) for piece in cut_text(f"{word} {word}")] == [len(word) + 1, len(word)]


@pytest.mark.parametrize("ends", [("", ""), ("a glucose", " is"), ("字", "é."), ("1\u0301", "\x00b")])
def test_an_endless_word_is_one_unknown_token_as_a_long_one_is(
    ends: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = ("ACGT" * 5000).join(ends) + "糖尿病" + "9" * 5000
    (whole,) = TOKENIZER.encode([text])
    monkeypatch.setattr(tokenization, "PIECE_CHARACTERS", 3000)
    (shortened,) = TOKENIZER.encode([text])
    assert shortened.tolist() == whole.tolist()
    assert whole.tolist().count(CONTROL_TOKENS["[UNK]"]) >= 2


def test_a_damaged_definition_is_a_model_error() -> None:
    with pytest.raises(ModelError):
        TextTokenizer(b"{}", CONTROL_TOKENS)


def test_other_control_tokens_are_refused() -> None:
    with pytest.raises(ModelError, match="control tokens"):
        TextTokenizer(DEFINITION, {"[SEP]": 2})
