from __future__ import annotations

import pytest

from pertinent.errors import UsageError
from pertinent.store.bm25 import Bm25Encoder
from pertinent.store.vectors import Bm25Settings


def shared(encoder: Bm25Encoder, text: str, question: str) -> int:
    return len(set(encoder.encode_document(text).indices) & set(encoder.encode_query(question).indices))


def test_stop_words_and_stems_by_language():
    english = Bm25Encoder(Bm25Settings("english", 100.0))
    german = Bm25Encoder(Bm25Settings("german", 100.0))
    assert english.encode_query("the of and").indices == []
    assert german.encode_query("der die und").indices == []
    assert german.encode_query("the").indices
    assert shared(english, "treated patients", "treating patient") == 2
    assert shared(german, "die Behandlungen", "Behandlung") == 1


def test_none_keeps_every_word_as_it_is():
    neutral = Bm25Encoder(Bm25Settings("none", 100.0))
    assert len(neutral.encode_query("the of and").indices) == 3
    assert shared(neutral, "treated", "treating") == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [("患者接受了二甲双胍治疗", 4), ("糖尿病の患者にメトホルミンを投与した", 4), ("ผู้ป่วยได้รับยาเมตฟอร์มิน", 3)],
)
def test_scripts_without_spaces_are_cut_into_words(text, words):
    assert len(Bm25Encoder(Bm25Settings("none", 100.0)).encode_document(text).indices) >= words


def test_average_length():
    encoder = Bm25Encoder(Bm25Settings())
    assert encoder.average_length(["metformin lowers glucose", "the aspirin", ""]) == pytest.approx(2.0)
    assert encoder.average_length(["glucose " * 100]) == pytest.approx(100, abs=0.5)
    assert encoder.average_length([]) == encoder.average_length(["the", "…"]) == 0


def test_longer_texts_weigh_less():
    encoder = Bm25Encoder(Bm25Settings("english", 10.0))
    (short,) = encoder.encode_document("glucose").values
    long = max(encoder.encode_document("glucose " + " ".join(f"w{n}" for n in range(50))).values)
    assert short > long


def test_queries_do_not_depend_on_the_average_length():
    one, other = (Bm25Encoder(Bm25Settings("english", length)) for length in (0.0, 321.0))
    question = "does metformin lower glucose"
    assert one.encode_query(question).indices == other.encode_query(question).indices
    assert set(one.encode_query(question).values) == {1.0}


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "x" * 1_000_000, "!" * 10_000])
def test_any_text(text):
    encoder = Bm25Encoder(Bm25Settings("english", 100.0))
    assert len(encoder.encode_document(text).indices) <= 1


@pytest.mark.parametrize("language", ["English", "klingon", "", "hindi"])
def test_unknown_language(language):
    with pytest.raises(UsageError, match="BM25"):
        Bm25Encoder(Bm25Settings(language))
