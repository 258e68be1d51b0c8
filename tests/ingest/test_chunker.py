from __future__ import annotations

import re
import time
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.errors import UsageError
from pertinent.ingest.chunker import MAX_CHARS_PER_TOKEN, Chunker
from pertinent.ingest.sentences import sentence_spans
from pertinent.ingest.titles import MAX_HEADING_PATH_CHARS, MAX_TITLE_CHARS
from pertinent.ingest.tokens import tokenizer_offsets
from pertinent.types import Document, Section, line_places


def words(text: str) -> list[tuple[int, int]]:
    """Words and marks, long words in pieces of five: a stand-in for word pieces."""
    return [match.span() for match in re.finditer(r"\w{1,5}|[^\w\s]", text)]


def count(text: str) -> int:
    return len(words(text))


def test_a_short_text_is_one_passage_with_all_that_is_known() -> None:
    document = Document("d", " It works. ", title="T", metadata={"year": 1980}, source="/s")
    (passage,) = Chunker(words).chunk(document)
    assert (passage.text, passage.start, passage.end) == ("It works.", 1, 10)
    assert (passage.document_id, passage.title, passage.source) == ("d", "T", "/s")
    assert passage.metadata == {"year": 1980}
    assert passage.headings == ()
    assert str(UUID(passage.id)) == passage.id


def test_identity_follows_content_and_place() -> None:
    chunker = Chunker(words, max_tokens=16, overlap=0)
    text = "One two three four five. " * 12
    ids = [p.id for p in chunker.chunk(Document("d", text))]
    assert len(set(ids)) == len(ids) > 2
    assert ids == [p.id for p in chunker.chunk(Document("d", text, source="elsewhere"))]
    assert not set(ids) & {p.id for p in chunker.chunk(Document("d", text, metadata={"year": 1}))}
    assert not set(ids) & {p.id for p in chunker.chunk(Document("e", text))}


def test_title_alone_and_nothing_at_all() -> None:
    (passage,) = Chunker(words).chunk(Document("d", " ", title="Only a title"))
    assert (passage.text, passage.content, passage.start, passage.end) == ("", "Only a title", 0, 0)
    assert Chunker(words).chunk(Document("d", "\n", title=" ")) == ()


def test_passages_begin_and_end_with_sentences_and_are_even() -> None:
    text = " ".join(f"Sentence number {i} has seven words." for i in range(40))
    passages = Chunker(words, max_tokens=64, overlap=16).chunk(Document("d", text))
    edges = set(sentence_spans(text))
    assert all(
        any(p.start == start for start, _ in edges) and any(p.end == end for _, end in edges)
        for p in passages
    )
    sizes = [count(p.text) for p in passages]
    assert max(sizes) <= 64
    assert min(sizes) > 32
    assert all(one.end - two.start > 0 for one, two in pairwise(passages))


def test_no_passage_is_left_with_a_few_words() -> None:
    text = "One two three four five. " * 11  # 66 tokens: 64 and 2 would be the careless way
    sizes = [count(p.text) for p in Chunker(words, max_tokens=64, overlap=0).chunk(Document("d", text))]
    assert sizes == [36, 30]


def test_long_sentence_is_cut_between_words_with_overlap() -> None:
    text = " ".join(f"w{i}" for i in range(300))
    passages = Chunker(words, max_tokens=64, overlap=16).chunk(Document("d", text))
    assert all(count(p.text) <= 64 for p in passages)
    assert all(re.fullmatch(r"(w\d+ )*w\d+", p.text) for p in passages)
    for one, two in pairwise(passages):
        assert count(text[two.start : one.end]) == 16


def test_text_without_spaces_is_bounded() -> None:
    blind = Chunker(lambda text: [(0, len(text))] if text else [], max_tokens=16, overlap=4)
    text = "x" * 100_000
    passages = blind.chunk(Document("d", text))
    assert all(len(p.text) <= 16 * MAX_CHARS_PER_TOKEN for p in passages)
    assert passages[-1].end == len(text)


def test_headings_of_markdown() -> None:
    markdown = {"media_type": "text/markdown"}
    text = "Before.\n# Asthma\n## Treatment\nInhalers help. Steroids too.\n## Outlook\nGood."
    passages = Chunker(words).chunk(Document("d", text, metadata=markdown))
    assert [(p.headings, p.text) for p in passages] == [
        ((), "Before."),
        (("Asthma", "Treatment"), "Inhalers help. Steroids too."),
        (("Asthma", "Outlook"), "Good."),
    ]
    assert all(p.text == text[p.start : p.end] for p in passages)
    assert [p.headings for p in Chunker(words).chunk(Document("d", text))] == [()]


def test_what_every_passage_carries_is_bounded() -> None:
    deep = "\n".join(f"{'#' * level} {'word ' * 39}\nText.\n" for level in range(1, 7))
    document = Document("d", deep, title="word " * 10_000, metadata={"media_type": "text/markdown"})
    passages = Chunker(words).chunk(document)
    assert [len(p.headings) for p in passages] == [1, 2, 3, 4, 5, 6]
    for passage in passages:
        assert len(passage.title) <= MAX_TITLE_CHARS
        assert passage.title.endswith("word")
        assert sum(map(len, passage.headings)) <= MAX_HEADING_PATH_CHARS
        assert all(heading.startswith("word word") for heading in passage.headings)


@pytest.mark.parametrize(("max_tokens", "overlap"), [(15, 0), (64, 33), (64, -1)])
def test_settings_that_cannot_work(max_tokens: int, overlap: int) -> None:
    with pytest.raises(UsageError):
        Chunker(words, max_tokens=max_tokens, overlap=overlap)


texts = st.text(max_size=400) | st.lists(
    st.sampled_from(
        ["word", "a", "longerword", "end.", "So", "!", "\n\n", "\n- ", "ü", "字。", "x" * 40, "   "]
    ),
    max_size=150,
).map(" ".join)


@given(texts, st.integers(16, 60), st.floats(0, 0.5), st.booleans())
@settings(max_examples=300)
def test_properties(text: str, max_tokens: int, share: float, is_markdown: bool) -> None:
    overlap = int(max_tokens * share)
    chunker = Chunker(words, max_tokens=max_tokens, overlap=overlap)
    metadata = {"media_type": "text/markdown"} if is_markdown else {}
    document = Document("d", text, title="T", metadata=metadata)
    passages = chunker.chunk(document)
    assert passages == chunker.chunk(document)
    assert passages
    assert len({p.id for p in passages}) == len(passages)
    covered = [False] * len(text)
    starts = [start for start, _ in words(text)]
    for p in passages:
        assert p.text == text[p.start : p.end] == p.text.strip()
        assert sum(p.start <= start < p.end for start in starts) <= max_tokens
        assert len(p.text) <= max_tokens * MAX_CHARS_PER_TOKEN
        covered[p.start : p.end] = [True] * (p.end - p.start)
    for one, two in pairwise(passages):
        assert one.start < two.start
        assert one.end < two.end
        assert sum(two.start <= start < one.end for start in starts) <= overlap
    if not is_markdown and text.strip():
        assert all(seen or character.isspace() for seen, character in zip(covered, text, strict=True))


def test_hostile_texts_take_linear_time() -> None:
    chunker = Chunker(words, max_tokens=64, overlap=16)
    begun = time.perf_counter()
    for text in (
        "x" * 500_000,
        "a " * 200_000,
        ". " * 200_000,
        "\n" * 500_000 + "a",
        "a" + " " * 500_000 + "b",
    ):
        chunker.chunk(Document("d", text))
    assert time.perf_counter() - begun < 20


def test_real_tokenizer(weights_folder: Path) -> None:
    offsets = tokenizer_offsets(weights_folder / "minilm-l6-embedder" / "tokenizer.json")
    text = (
        "The naïve patient, aged 62, had dyspnoea (NYHA III). 心不全の患者。 Café-au-lait spots were seen. "
        * 40
    )
    passages = Chunker(offsets, max_tokens=128, overlap=32).chunk(Document("d", text))
    assert all(p.text == text[p.start : p.end] for p in passages)
    assert all(len(offsets(p.text)) <= 128 for p in passages)
    assert passages[0].start == 0
    assert passages[-1].end == len(text.rstrip())


def test_sections_and_places_of_a_document_go_to_its_passages() -> None:
    text = "Asthma\nInhalers help.\nCare\nSteroids too."
    sections = (Section(("Asthma",), 7, 21), Section(("Asthma", "Care"), 27, 40))
    passages = Chunker(words).chunk(Document("d", text, sections=sections, places=line_places(text, first=3)))
    assert [(p.headings, p.text, str(p.place)) for p in passages] == [
        (("Asthma",), "Inhalers help.", "line 4"),
        (("Asthma", "Care"), "Steroids too.", "line 6"),
    ]
