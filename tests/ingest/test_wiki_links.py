from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.ingest.wiki_links import MAX_LINKS, read_wiki_links


@pytest.mark.parametrize(
    ("text", "shown", "pages"),
    [
        ("[[Asthma]]", "Asthma", ("Asthma",)),
        ("[[ Asthma | the disease ]]s", "the diseases", ("Asthma",)),
        ("[[Asthma#Care]] [[#Here]] [[Asthma|]]", "Asthma > Care Here Asthma", ("Asthma",)),
        ("![[chart.png]]", "chart.png", ("chart.png",)),
        ("| [[Asthma\\|it]] |", "| it |", ("Asthma",)),
        ("`[[ -f x ]]` [[A]]", "`[[ -f x ]]` A", ("A",)),
        ("```\n[[code]]\n```\n[[B]]", "```\n[[code]]\n```\nB", ("B",)),
        ("[[ ]] [[a\nb]] [[", "[[ ]] [[a\nb]] [[", ()),
        ("no link", "no link", ()),
    ],
)
def test_links(text: str, shown: str, pages: tuple[str, ...]) -> None:
    assert read_wiki_links(text) == (shown, pages)


def test_pages_are_bounded() -> None:
    _, pages = read_wiki_links(" ".join(f"[[page {n}]]" for n in range(MAX_LINKS + 5)) + f"[[{'x' * 400}]]")
    assert len(pages) == MAX_LINKS
    assert read_wiki_links(f"[[{'x' * 400}]]")[1] == ()


@given(st.text(alphabet="[]|#`a\n~", max_size=80))
def test_lines_stay_lines(text: str) -> None:
    assert read_wiki_links(text)[0].count("\n") == text.count("\n")


def test_hostile_texts_take_linear_time() -> None:
    begun = time.process_time()
    for piece in ("[[", "[[a", "[[a|", "`", "`[[", "!["):
        read_wiki_links("[[x]]" + piece * 300_000)
    read_wiki_links("[[x]]" + " ".join("`" * n for n in range(1_500)))
    assert time.process_time() - begun < 5
