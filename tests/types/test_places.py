from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pertinent.types import Document, Place, Places, Section, line_places


def test_a_place_is_told_in_words() -> None:
    assert [str(Place("line", 3, 3)), str(Place("page", 3, 4))] == ["line 3", "pages 3-4"]


@given(st.text(alphabet="ab\n", min_size=1, max_size=60), st.data())
def test_lines_are_those_of_the_file(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    place = line_places(text, first=7).of(start, end)
    assert place == Place("line", 7 + text.count("\n", 0, start), 7 + text.count("\n", 0, end - 1))


def test_what_stands_before_the_file_counts_as_its_first_line() -> None:
    places = line_places("A title\n\nOne.\nTwo.", first=4, skip=9)
    assert places.of(0, 12) == Place("line", 4, 4)
    assert places.of(0, 18) == Place("line", 4, 5)


def test_pages_may_be_left_out() -> None:
    pages = Places("page", (0, 10, 20), (1, 3, 4))
    assert [pages.of(0, 10), pages.of(9, 11), pages.of(25, 25)] == [
        Place("page", 1, 1),
        Place("page", 1, 3),
        Place("page", 4, 4),
    ]


def test_fingerprints_follow_lines_and_headings() -> None:
    bare = Document("d", "a\nb")
    here = Document("d", "a\nb", places=line_places("a\nb"))
    moved = Document("d", "a\nb", places=line_places("a\nb", first=2))
    under = Document("d", "a\nb", sections=(Section(("H",), 0, 3),))
    assert len({bare.fingerprint, here.fingerprint, moved.fingerprint, under.fingerprint}) == 4
