from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.ingest.headings import first_heading, markdown_sections


def outline(text: str) -> list[tuple[tuple[str, ...], str]]:
    return [
        (section.headings, text[section.start : section.end].strip()) for section in markdown_sections(text)
    ]


def test_paths() -> None:
    text = "Intro\n# A\na\n## B ##\nb\n#### C #\nc\n## D\nd\n# E\ne"
    assert outline(text) == [
        ((), "Intro"),
        (("A",), "a"),
        (("A", "B"), "b"),
        (("A", "B", "C"), "c"),
        (("A", "D"), "d"),
        (("E",), "e"),
    ]


def test_setext_headings_and_rules() -> None:
    text = "Title\n=====\na\n\nPart\n---\nb\n\n---\nc\n\ntwo\nlines\n---\nd\n\n- item\n---\ne"
    assert outline(text) == [
        (("Title",), "a"),
        (("Title", "Part"), "b\n\n---\nc\n\ntwo\nlines\n---\nd\n\n- item\n---\ne"),
    ]


@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_code_is_no_heading(fence: str) -> None:
    text = f"# A\n{fence}python\n# comment\n```x\n{fence}\n# B\nb"
    assert [headings for headings, _ in outline(text)] == [("A",), ("B",)]


def test_unclosed_fence_runs_to_the_end() -> None:
    assert len(outline("# A\n```\n# no\n# no\n")) == 1


def test_no_heading_without_space_or_with_seven_marks() -> None:
    assert outline("#hash\n####### seven\n    # code") == [((), "#hash\n####### seven\n    # code")]


def test_heading_with_nothing_under_it_is_kept_as_text() -> None:
    assert outline("# A\n## B\n## C\nc\n# D") == [
        (("A",), "## B"),
        (("A", "C"), "c"),
        ((), "# D"),
    ]


def test_first_heading() -> None:
    assert first_heading("## Small\n# Big *one* #\n# Next") == "Big *one*"
    assert first_heading("none") == ""


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('Events for [Starlette](https://x.org/starlette "home")', "Events for Starlette"),
        ("Pools [![Build](https://x.org/a.svg?b=c)](https://x.org) ![cov](d.svg)", "Pools"),
        ("![Pertinent](logo.png)", "Pertinent"),
        ("[![Pertinent](logo.png)](https://x.org)", "Pertinent"),
        ("[](https://x.org)", "[](https://x.org)"),
        ("[1.0.1] - a[0](b", "[1.0.1] - a[0](b"),
    ],
)
def test_links_and_pictures_are_read_as_what_they_show(written: str, shown: str) -> None:
    assert first_heading(f"# {written} #") == first_heading(f"{written}\n===") == shown


@given(st.text(alphabet="# \n=-`~ab\t", max_size=120))
def test_sections_are_ordered_and_hold_all_but_heading_lines(text: str) -> None:
    sections = markdown_sections(text)
    at = 0
    for section in sections:
        assert at <= section.start < section.end <= len(text)
        assert text[section.start : section.end].strip()
        at = section.end
    outside = "".join(
        text[end:start]
        for end, start in zip(
            [0, *(s.end for s in sections)], [*(s.start for s in sections), len(text)], strict=True
        )
    )
    named = {word for section in sections for heading in section.headings for word in heading.split()}
    assert all(
        set(word) <= set("#=-") or word in named or word.strip("#") in named for word in outside.split()
    )


def test_hostile_texts_take_linear_time() -> None:
    links = ("# " + part * 300_000 for part in ("[", "![", "[a](", "[a]", "[]()", "![a"))
    begun = time.process_time()
    for text in ("# " * 500_000, "#" * 1_000_000, "a\n" * 300_000, "`" * 1_000_000, "\n" * 500_000, *links):
        markdown_sections(text)
    assert time.process_time() - begun < 5
