from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from pertinent.cli.render import citation, comparison, excerpt, hit_block, result_block
from pertinent.ingest.naming import file_id
from pertinent.search.result import SearchResult
from pertinent.types import Candidate, Hit, ModelInfo, Passage, Place, Query, Score

MODEL = ModelInfo("m", "1", "cross_encoder", "reranker", 512, 1, "CC0-1.0")
META = {"pmid": "7", "journal": "Heart", "year": 1979}


def hit(text: str = "One. Two.", span: tuple[int, int] | None = (5, 9), title: str = "Title") -> Hit:
    passage = Passage("p", "d", text, 0, len(text), title, ("A", "B"), META)
    return Hit(1, Candidate(passage, 0.03, 4, 2, 0.8, None, None), Score.from_margin(1.5, MODEL), 0.7, span)


def shown(block: object, **options: object) -> str:
    console = Console(file=io.StringIO(), width=100, **options)  # type: ignore[arg-type]
    console.print(block)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_a_hit_tells_where_it_comes_from_and_why_it_is_there() -> None:
    told = shown(hit_block(hit()))
    assert "1. Title" in told
    assert "PMID 7 · Heart · 1979 · A > B" in told
    assert "One. »Two.«" in told
    assert "final 0.700 (margin +1.50, p 0.818) · first stage: rrf 4, dense 2, bm25 –" in told


def test_the_sentence_is_coloured_on_a_terminal_only() -> None:
    assert "\x1b[" in shown(excerpt(hit()), force_terminal=True)
    assert "\x1b[" not in shown(excerpt(hit()))


def test_line_breaks_inside_a_sentence_do_not_show() -> None:
    text = "One sentence\nin two lines. Two.\nRESULTS: Three."
    assert excerpt(hit(text, (0, 26))).plain == "»One sentence in two lines.« Two.\nRESULTS: Three."


def test_a_passage_without_metadata_is_named_by_its_document() -> None:
    assert citation(Passage("p", "notes.md:1", "x")) == "notes.md:1"


@given(st.text(min_size=1, max_size=2000), st.data())
def test_an_excerpt_always_holds_the_sentence(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    cut = excerpt(hit(text, (start, end)), width=100).plain
    assert cut.count("»") >= 1
    assert len(cut) <= max(100, end - start) + 4


def test_nothing_in_a_document_steers_the_terminal() -> None:
    told = shown(
        hit_block(hit("\x1b[2J[bold]x[/] \x07", (0, 4), title="[red]\x1b]0;t\x07\n2. Forged")),
        force_terminal=False,
    )
    assert "\x1b" not in told
    assert "\x07" not in told
    assert "[red]" in told
    assert "[bold]" in told
    assert "t\ufffd 2. Forged" in told


def test_a_code_of_an_emoji_stays_what_the_document_says() -> None:
    told = shown(comparison([hit(title=":pill: a").candidate], [hit(title=":pill: b")]))
    told += shown(hit_block(hit(":pill: One.", None, title=":pill: c")))
    assert told.count(":pill:") == 4


def test_both_orders_side_by_side() -> None:
    other = Candidate(Passage("q", "e", "x", title="Other [b]"), 0.02, 1)
    told = shown(comparison([other], [hit()]))
    assert "Other [b]" in told
    assert "0.818" in told


def test_a_result_says_what_went_wrong() -> None:
    assert "Nothing found. Why." in shown(result_block(SearchResult(Query("q"), reason="Why.")))
    told = shown(result_block(SearchResult(Query("q"), (hit(),), "partial", "Late.", {"total_ms": 12.3})))
    assert "Reranked in part: Late." in told
    assert "total 12 ms" in told


def test_a_passage_of_a_file_is_named_by_file_headings_and_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "notes" / "asthma.md"
    passage = Passage(
        "p", file_id(file), "x", headings=("Care",), source=str(file), place=Place("line", 3, 9)
    )
    assert citation(passage) == f"{file} · Care · lines 3-9"
    monkeypatch.chdir(tmp_path)
    assert citation(passage) == "notes/asthma.md · Care · lines 3-9"
    assert citation(Passage("p", "row 7", "x", source=str(file))) == "row 7"
