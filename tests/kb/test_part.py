from __future__ import annotations

from pathlib import Path

from pertinent.kb.part import EVERYTHING, Part


def test_everything_holds_and_leads_everywhere() -> None:
    assert EVERYTHING.holds(Path("/a"))
    assert EVERYTHING.leads_to(Path("/a"))


def test_a_part_leads_through_the_folders_above_and_below() -> None:
    part = Part([Path("/a/b/c")])
    assert [part.leads_to(Path(p)) for p in ("/", "/a/b", "/a/b/c", "/a/b/c/d", "/a/x")] == [True] * 4 + [
        False
    ]
    assert [part.holds(Path(p)) for p in ("/a/b", "/a/b/c", "/a/b/c/d", "/a/b/cd")] == [
        False,
        True,
        True,
        False,
    ]


def test_an_empty_part_holds_nothing() -> None:
    assert not Part([]).holds(Path("/a"))
    assert not Part([]).leads_to(Path("/"))
