from __future__ import annotations

from pathlib import Path

from pertinent.kb.knowledge_base import KnowledgeBase
from pertinent.kb.questions import Question
from pertinent.kb.relevance import Relevant, find_relevant
from pertinent.search.fusion import content_key
from pertinent.types import Passage
from support.knowledge import write


def test_marks_name_documents_and_headings(base: KnowledgeBase, tmp_path: Path) -> None:
    write(tmp_path / "n", sea="# Sea\n\nSalt water.\n\n## Tides\n\nThe moon pulls.", **{"c#": "Sharp."})
    base.add(tmp_path / "n")
    base.update()
    marks = {
        "whole": "sea.md",
        "part": "sea.md#  TIDES",
        "sharp": "c#.md",
        "gone": "sky.md",
        "none": "sea.md#Sky",
    }
    with base.collection:
        store = base.collection.reader()
        found = find_relevant(store, [Question(id, "?", (mark,)) for id, mark in marks.items()])
    assert len(found["whole"].passages) == 2
    assert len(found["part"].passages) == 1
    assert set(found["part"].passages.values()) == {"sea.md"}
    assert list(found["sharp"].passages.values()) == ["c#.md"]
    assert [found[id].missing for id in ("whole", "gone", "none")] == [(), ("sky.md",), ("sea.md#Sky",)]


def test_no_more_places_than_a_search_shows() -> None:
    passages = [Passage(f"p{n}", "sea.md", f"Text {n}.") for n in range(5)]
    relevant = Relevant({content_key(each): "sea.md" for each in passages})
    assert relevant.places(3) == ("1 of sea.md", "2 of sea.md", "3 of sea.md")
    assert relevant.placed([passages[4]]) == ["1 of sea.md"]


def test_a_copy_answers_as_well_because_a_search_shows_one_of_both(
    base: KnowledgeBase, tmp_path: Path
) -> None:
    write(
        tmp_path / "n",
        copy="# Sea\n\nThe moon pulls.",
        sea="# Sea\n\nThe moon pulls.",
        sky="The sky is blue.",
    )
    base.add(tmp_path / "n")
    base.update()
    with base.collection:
        questions = [Question(id, "?", (id,)) for id in ("copy.md", "sea.md")]
        both = Question("both", "?", ("copy.md", "sea.md"))
        found = find_relevant(base.collection.reader(), [*questions, both])
        hits = [hit.passage for hit in base.collection.search("moon", rerank="off")]
    assert len(hits) == 2
    assert [found[id].placed(hits)[0] for id in ("copy.md", "sea.md")] == ["1 of copy.md", "1 of sea.md"]
    assert len(found["both"].places(3)) == 1
