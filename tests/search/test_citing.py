from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pertinent.ingest.outline import OutlinedText
from pertinent.search.citing import abstract_of, cited
from pertinent.search.collection import Collection
from pertinent.types import Document, Passage, line_places

LONG = " ".join(f"Sentence {number} speaks of glucose and of many other things." for number in range(120))


def article() -> Document:
    outlined = OutlinedText()
    for level, title, text in (
        (1, "Abstract", ""),
        (2, "Aims", "We asked about glucose."),
        (2, "Results", "It fell."),
        (1, "Methods", "Many words."),
    ):
        outlined.heading(level, title)
        if text:
            outlined.block(text)
    return Document("article", outlined.text, title="Article", sections=outlined.sections)


def test_documents_of_hits_have_their_whole_abstracts(tmp_path: Path) -> None:
    documents = [
        Document("long", LONG, title="Long", metadata={"pmid": "7", "has_abstract": True}),
        article(),
        Document("note", "A note on glucose.", title="Note", places=line_places("A note on glucose.")),
        Document("bare", "", title="Glucose", metadata={"has_abstract": False}),
    ]
    with Collection(tmp_path / "c") as collection:
        collection.add(documents)
        hits = collection.search("glucose", rerank="off", top_k=10, max_per_document=3).hits
        found = list(cited(collection.reader(), hits))
    assert [one.id for one in found] == list(dict.fromkeys(hit.passage.document_id for hit in hits))
    texts = {one.id: one.text for one in found}
    assert texts == {
        "long": LONG,
        "article": "Aims: We asked about glucose. Results: It fell.",
        "note": "",
        "bare": "",
    }
    assert next(one for one in found if one.id == "long").metadata["pmid"] == "7"
    assert len(hits) > len(found)


def test_a_document_that_is_gone_keeps_what_the_hit_knows(tmp_path: Path) -> None:
    with Collection(tmp_path / "c") as collection:
        collection.add([Document("a", "It lowers glucose.", title="T")])
        (hit,) = collection.search("glucose", rerank="off").hits
        passage = replace(hit.passage, document_id="gone")
        hit = replace(hit, candidate=replace(hit.candidate, passage=passage))
        (found,) = cited(collection.reader(), [hit])
    assert (found.id, found.title, found.text) == ("gone", "T", "")


def test_passages_may_come_in_any_order_and_overlap() -> None:
    parts = [Passage("2", "d", "b c", 2, 5), Passage("1", "d", "a b", 0, 3), Passage("3", "d", "d", 7, 8)]
    assert abstract_of(parts) == "a b c d"
    assert abstract_of([]) == ""
