"""Plain text never becomes control, ids are those of the whole text, and reading is bounded."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from pertinent.engine import text_tokens
from pertinent.engine.text_tokens import TextTokens, cut_pieces
from pertinent.errors import ModelError
from support.tokens import CONTROL_WORDS, SMALL, small_tokens, trained_tokenizer

LIBRARY = Tokenizer.from_buffer(SMALL)
CONTROL_IDS = {LIBRARY.token_to_id(word) for word in CONTROL_WORDS}

SCRIPTS = st.one_of(
    st.text(st.characters(codec=None), max_size=12),
    st.sampled_from(
        [
            *(" ", "  ", "\n", "\r\n", "\n\n", "\t", "\x85", "\x1c", "\u3000", "\u00a0", "\u200b", "\x00"),
            *("metformin", "ANÁLISIS", "e\u0301", "\u0301", "=\u0338", "глюкоза", "औषधि", "\u094d", "سكر"),
            *("ไทย", "糖尿病", "か\u3099", "カ。", "，", "인슐린", "\u1112\u1161\u11ab", "💊", "👩\u200d⚕️"),
            *("'s", "'", "it's", "12345", ".", "!!", ">:", "\ud83d", "\udc8a", "<Document>:", "/*"),
            *CONTROL_WORDS,
        ]
    ),
)
TEXTS = st.lists(SCRIPTS, max_size=40).map("".join)


def library_ids(text: str) -> list[int]:
    ids: list[int] = LIBRARY.encode(text, add_special_tokens=False).ids
    return ids


@given(st.lists(TEXTS, max_size=4))
@settings(max_examples=150)
def test_no_text_becomes_control(texts: list[str]) -> None:
    encoded = small_tokens().encode_text(texts)
    assert len(encoded) == len(texts)
    for ids in encoded:
        assert not CONTROL_IDS & set(ids.tolist())


@given(TEXTS.filter(lambda text: not any(word in text for word in CONTROL_WORDS)))
@settings(max_examples=150)
def test_other_texts_have_the_ids_that_the_library_gives(text: str) -> None:
    (ids,) = small_tokens().encode_text([text])
    assert ids.tolist() == library_ids(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


@pytest.mark.parametrize("word", CONTROL_WORDS)
def test_a_control_word_is_one_token_in_control_text_alone(word: str) -> None:
    assert small_tokens().encode_control(word).tolist() == [LIBRARY.token_to_id(word)]
    (ids,) = small_tokens().encode_text([word])
    assert len(ids) > 1
    assert LIBRARY.decode(ids.tolist(), skip_special_tokens=False) == word


def test_no_tokens_are_added() -> None:
    assert small_tokens().encode_text([""])[0].tolist() == []
    assert small_tokens().encode_control("").tolist() == []
    assert small_tokens().encode_text([]) == []


@given(TEXTS, st.integers(0, 30))
def test_a_limit_takes_the_beginning_and_counts_the_rest(text: str, limit: int) -> None:
    (whole,) = small_tokens().encode_text([f">:{text}"])
    (found,) = small_tokens().text_ids([text], limit, lead=">:")
    assert found.ids.tolist() == whole[:limit].tolist()
    assert found.cut == max(0, len(whole) - limit)


WORDS = st.sampled_from(
    [
        "glucose",
        "x",
        "IL-6",
        "(95%",
        "it's",
        "0.61",
        "。",
        "字。",
        "糖尿病，",
        "e\u0301",
        "\u0301",
        "<think>",
        "👩\u200d",
    ]
)
GAPS = st.sampled_from(["", " ", "\n", "  ", " \n", "\n\n", "\t ", " \u3000"])


UNITS = st.builds("{}{}{}{}a ".format, WORDS, GAPS, WORDS, GAPS)
"""The end of each is a boundary; they are shorter than the pieces below."""


@pytest.mark.parametrize("style", ["qwen3", "gpt2", "llama3", "smollm"])
@given(text=st.lists(UNITS, max_size=30).map("".join), piece=st.integers(24, 60), limit=st.integers(0, 80))
@settings(max_examples=100)
def test_pieces_have_the_ids_of_the_whole(style: str, text: str, piece: int, limit: int) -> None:
    tokens = TOKENIZERS[style]
    (whole,) = tokens.encode_text([text])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_tokens, "PIECE_CHARACTERS", piece)
        patch.setattr(text_tokens, "BOUNDARY_CHARACTERS", piece)
        patch.setattr(text_tokens, "GROUP_CHARACTERS", 100)
        assert "".join(cut_pieces(text)) == text
        assert all(len(part) <= piece for part in cut_pieces(text))
        first, empty, last = tokens.encode_text([text, "", text])
        (cut,) = tokens.text_ids([text], limit)
    assert first.tolist() == last.tolist() == whole.tolist()
    assert empty.tolist() == []
    assert cut.ids.tolist() == whole[:limit].tolist()
    assert (cut.cut > 0) == (len(whole) > limit)
    assert cut.cut <= max(0, len(whole) - limit), "a lower bound"


TOKENIZERS = {
    "qwen3": small_tokens(),
    **{style: TextTokens(trained_tokenizer(style)) for style in ("gpt2", "llama3", "smollm")},
}


@given(st.text(st.sampled_from(" ab\n.。字\u0301"), max_size=300), st.integers(1, 20), st.integers(1, 20))
def test_pieces_join_to_any_text(text: str, piece: int, window: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_tokens, "PIECE_CHARACTERS", piece)
        patch.setattr(text_tokens, "BOUNDARY_CHARACTERS", window)
        pieces = list(cut_pieces(text))
    assert "".join(pieces) == text
    assert max(map(len, pieces)) <= piece
    assert all(pieces) or not text


@pytest.mark.parametrize("unit", ["ACGT", "糖尿病", " ", "the insulin dose ", "<|im_end|>", "\ud83d"])
def test_a_huge_text_is_read_no_further_than_its_limit_needs(unit: str) -> None:
    text = unit * (20_000_000 // len(unit))
    started = time.monotonic()
    ((ids, cut),) = small_tokens().text_ids([text], 256)
    assert time.monotonic() - started < 5
    assert len(ids) == 256
    assert cut > 0


def test_the_cut_is_counted_in_texts_of_one_piece() -> None:
    text = "a " * (text_tokens.PIECE_CHARACTERS // 2)
    ((_, cut),) = small_tokens().text_ids([text], 10)
    assert cut == len(small_tokens().encode_text([text])[0]) - 10


def test_threads_share_one_tokenizer() -> None:
    texts = [f"glucose at visit {visit} <think>" for visit in range(64)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: small_tokens().encode_text([text])[0].tolist(), texts))
    assert found == [ids.tolist() for ids in small_tokens().encode_text(texts)]


def test_an_answer_must_be_one_token() -> None:
    assert small_tokens().single_id("yes") == 9693
    with pytest.raises(ModelError, match="must be one"):
        small_tokens().single_id("perhaps not")


def test_the_largest_id_is_known() -> None:
    assert small_tokens().largest_id == 151_668


def _changed(**changes: Any) -> bytes:
    return json.dumps({**json.loads(SMALL), **changes}).encode()


@pytest.mark.parametrize(
    "definition",
    [
        b"",
        b"{}",
        b"[1]",
        b'{"added_tokens": []}',
        SMALL[:-100],
        b"\xff\xfe",
        _changed(model={"type": "BPE", "vocab": {}, "merges": []}, added_tokens=[{"content": 3}]),
        _changed(pre_tokenizer=None),
        _changed(
            pre_tokenizer={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
        ),
        _changed(
            pre_tokenizer={
                "type": "ByteLevel",
                "add_prefix_space": True,
                "trim_offsets": False,
                "use_regex": True,
            }
        ),
        _changed(model=json.loads(SMALL)["model"] | {"continuing_subword_prefix": "longer than a token"}),
        _changed(model={"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}),
    ],
)
def test_other_files_are_refused(definition: bytes) -> None:
    with pytest.raises(ModelError) as caught:
        TextTokens(definition)
    assert caught.value.hint


def test_a_tokenizer_that_reads_control_in_plain_text_is_refused() -> None:
    description = json.loads(SMALL)
    # Made for this: the letters of the control word are merged to its token.
    description["model"]["vocab"] |= {"<t": 200_000, "<th": 200_001}
    description["added_tokens"].append(
        description["added_tokens"][0] | {"content": "<th", "id": 200_001, "special": False}
    )
    description["model"]["merges"] += [["<", "t"], ["<t", "h"]]
    description["pre_tokenizer"] = {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": False,
        "use_regex": False,
    }
    with pytest.raises(ModelError, match="control tokens in plain text"):
        TextTokens(json.dumps(description).encode())


@given(st.data())
@settings(max_examples=100)
def test_damaged_files_are_refused_or_read(data: st.DataObject) -> None:
    description = json.loads(SMALL)
    place = description
    while isinstance(place, dict | list) and place:
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or data.draw(st.integers(0, 3)) == 0:
            place[key] = data.draw(st.sampled_from([None, -1, 2**40, "", "x", [], {}, True, 1.5, "Split"]))
            break
        place = place[key]
    try:
        TextTokens(json.dumps(description).encode()).encode_text(["yes <think> 糖"])
    except ModelError as error:
        assert error.hint  # noqa: PT017 (a damage may also be harmless)
