from __future__ import annotations

import pytest

from pertinent.ingest.added import added_id, is_added


def test_the_same_text_is_the_same_and_every_part_of_it_counts() -> None:
    plain = added_id("title", "text", "source", "2026-01-31")
    assert plain == added_id("title", "text", "source", "2026-01-31")
    others = {
        added_id("other", "text", "source", "2026-01-31"),
        added_id("title", "other", "source", "2026-01-31"),
        added_id("title", "text", "other", "2026-01-31"),
        added_id("title", "text", "source", "2026-02-01"),
        added_id("titlet", "ext", "source", "2026-01-31"),
    }
    assert len(others | {plain}) == 6
    assert all(map(is_added, others))


@pytest.mark.parametrize("name", ["", "text:", "text:notes.md", "pmid:1", f"text:{33 * '0'}"])
def test_no_file_has_such_an_id(name: str) -> None:
    assert not is_added(name)
