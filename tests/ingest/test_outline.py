from __future__ import annotations

from pertinent.ingest.outline import MAX_HEADING_CHARS, OutlinedText
from pertinent.types import Place


def test_blocks_know_their_headings_and_lines() -> None:
    outlined = OutlinedText()
    outlined.block("Before.", [(0, 2)])
    outlined.heading(2, " Small\n one ", [(0, 4)])
    outlined.heading(1, "Large", [(0, 5)])
    start = outlined.block("- a", [(0, 6)])
    outlined.block("- b\nc", [(0, 7), (4, 8)], close=True)
    outlined.heading(3, "  ")
    assert outlined.text == "Before.\n\nSmall one\n\nLarge\n\n- a\n- b\nc"
    assert [(s.headings, outlined.text[s.start : s.end].strip()) for s in outlined.sections] == [
        ((), "Before."),
        ((), "Small one"),
        (("Large",), "- a\n- b\nc"),
    ]
    assert outlined.first_heading == "Large"
    assert outlined.places is not None
    assert outlined.places.of(start, len(outlined.text)) == Place("line", 6, 8)


def test_lines_that_run_backwards_do_not_count() -> None:
    outlined = OutlinedText()
    outlined.block("a", [(0, 9)])
    outlined.block("b", [(0, 3)])
    assert outlined.places is not None
    assert outlined.places.of(3, 4) == Place("line", 9, 9)


def test_without_headings_and_lines() -> None:
    outlined = OutlinedText()
    outlined.block("a")
    assert (outlined.sections, outlined.places, outlined.first_heading) == ((), None, "")


def test_long_headings_are_cut_in_paths_and_whole_in_the_text() -> None:
    outlined = OutlinedText()
    outlined.heading(1, "x" * 500)
    outlined.block("a")
    assert len(outlined.text) == 503
    assert len(outlined.sections[0].headings[0]) == MAX_HEADING_CHARS
