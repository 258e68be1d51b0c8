from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pertinent.ingest.markdown import MarkdownReader

if TYPE_CHECKING:
    from conftest import ReadContent

READER = MarkdownReader()


def test_front_matter_becomes_title_and_metadata(read_content: ReadContent) -> None:
    text = "---\ntitle: Asthma\nyear: 2020\ntags: [lung]\nid: x\n---\n# Heading\nBody"
    (document,) = read_content(READER, text, "a.md").documents
    assert document.title == "Asthma"
    assert document.text == "# Heading\nBody"
    assert document.metadata == {"year": 2020, "tags": ("lung",), "id": "x", "media_type": "text/markdown"}
    assert document.id.startswith("a.md:")


def test_title_is_the_first_heading_or_the_name(read_content: ReadContent) -> None:
    assert read_content(READER, "text\n\n# Asthma\nmore", "a.md").documents[0].title == "Asthma"
    assert read_content(READER, "only text", "heart_failure.md").documents[0].title == "heart failure"


def test_unusable_front_matter_loses_no_text(read_content: ReadContent) -> None:
    reading = read_content(READER, "---\nyear: soon\nphase: 3\nmap:\n  a: 1\n---\nBody", "a.md")
    assert [d.text for d in reading.documents] == ["Body"]
    assert reading.documents[0].metadata == {"phase": 3, "media_type": "text/markdown"}
    assert [error.position for error in reading.errors] == ["line 5", "front matter"]


def test_title_that_is_no_text_gives_way_to_the_heading(read_content: ReadContent) -> None:
    (document,) = read_content(READER, '---\ntitle: "\\ud800"\n---\n# Heading\n', "a.md").documents
    assert document.title == "Heading"


def test_nothing_but_front_matter(read_content: ReadContent) -> None:
    reading = read_content(READER, "---\ntitle: x\n---\n", "a.md")
    assert reading.reasons == ["whole file: there is no text"]
    assert not reading.documents


def test_accepts() -> None:
    assert READER.accepts(Path("a.MD"), b"")
    assert not READER.accepts(Path("a.txt"), b"# Heading")


def test_lines_are_those_of_the_file(read_content: ReadContent) -> None:
    (document,) = read_content(
        READER, "---\ntitle: Asthma\n---\n# Care\n\nInhalers.\nSteroids.", "a.md"
    ).documents
    assert document.places is not None
    assert str(document.places.of(document.text.index("Inhalers"), len(document.text))) == "lines 6-7"


def test_a_title_too_long_moves_no_line(read_content: ReadContent) -> None:
    (document,) = read_content(READER, f"---\ntitle: {'word ' * 300}\n---\nOne.\nTwo.", "a.md").documents
    assert document.places is not None
    assert str(document.places.of(document.text.index("Two"), len(document.text))) == "line 5"


def test_wiki_links_are_read_as_shown_and_kept(read_content: ReadContent) -> None:
    (document,) = read_content(READER, "See [[Asthma#Care|care]].", "a.md").documents
    assert document.text == "See care."
    assert document.metadata["wiki_links"] == ("Asthma",)
    (document,) = read_content(READER, "---\nwiki_links: [own]\n---\n[[Asthma]]", "a.md").documents
    assert document.metadata["wiki_links"] == ("own",)
