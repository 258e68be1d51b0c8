from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from pertinent.errors import StoreError
from pertinent.evaluate.report.report_page import CHANGES_SHOWN, TEXT_SHOWN, render_report, write_report
from pertinent.evaluate.result import GroupResult, TaskResult
from support.evaluations import task_result

HOSTILE = "<script>alert(1)</script> & \"'> \x1b[2J \u202eabc \ud800 \uffff {{ 7 * 7 }}"
VOID = {"meta", "wbr", "br", "link", "img"}


class Page(HTMLParser):
    """Elements of a page; complains where they are not closed in their order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)

    def values(self, attribute: str) -> list[str]:
        return [value for _, found in self.elements if (value := found.get(attribute)) is not None]


def page(*results: TaskResult) -> Page:
    return Page(render_report(results))


def test_a_single_query_has_no_intervals() -> None:
    page = render_report([replace(task_result(queries=1), comparisons=())])
    assert "Values of the one query" in page
    assert "Means over queries" not in page


def test_a_page_has_tables_plots_and_the_finding() -> None:
    found = page(task_result(queries=300, groups=True, card={"seed": 0}))
    assert found.count("svg") == found.count("figure") == found.count("figcaption") == 5
    for title in (
        "Quality against latency",
        "Recall by depth",
        "Gain per query: final",
        "Reliability: rerank",
    ):
        assert title in found.text
    assert "final has the highest nDCG@10" in found.text
    assert "single-hop" in found.text
    assert '"seed": 0' in found.text
    assert found.count("h1") == 1


def test_headings_leave_no_level_out() -> None:
    for results in ([task_result(card={"seed": 0})], [task_result(), task_result(dataset="other")]):
        levels = [int(tag[1]) for tag, _ in page(*results).elements if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels)), levels
        assert levels[-1] == 2, "how to read the page is no part of the last set"


def test_each_plot_is_named_and_has_its_figures_in_a_table() -> None:
    text = render_report([task_result()])
    figures = re.findall(r"<figure>.*?</figure>", text, re.DOTALL)
    assert len(figures) == 5
    for figure in figures:
        assert re.search(r'<svg [^>]*role="img" aria-label="[^"]{20,}"', figure)
        assert figure.count("<table>") == 1
        assert figure.count("<tr>") >= 3


def test_ids_are_unique_and_references_find_them() -> None:
    found = page(task_result(), task_result(dataset="nfcorpus"))
    ids = found.values("id")
    assert len(ids) == len(set(ids)) > 10
    used = {href[1:] for href in found.values("href")}
    used |= {name for value in found.values("clip-path") for name in re.findall(r"#([^)]+)", value)}
    used |= set(found.values("aria-labelledby"))
    assert used <= set(ids)


def test_a_page_asks_nobody_for_anything() -> None:
    found = page(task_result(card={"home": "https://example.org"}))
    assert all(href.startswith("#") for href in found.values("href"))
    assert found.values("src") == []
    assert {"script", "link", "img", "iframe", "object", "image", "foreignobject"} & {
        tag for tag, _ in found.elements
    } == set()
    text = render_report([task_result()])
    assert "http" not in text.replace("http-equiv", "")
    assert "@import" not in text
    assert set(re.findall(r"url\(", text)) == set(re.findall(r"url\((?=#)", text) and ["url("])
    assert "default-src 'none'" in text


def test_foreign_texts_are_shown_and_do_nothing() -> None:
    stages = ("rrf", f"rerank:{HOSTILE}", f"final:{HOSTILE}")
    result = task_result(stages, queries=6, dataset=HOSTILE, split=HOSTILE, card={HOSTILE: [HOSTILE]})
    result = replace(
        result,
        queries=dict.fromkeys(result.queries, HOSTILE),
        groups={HOSTILE: GroupResult(6, {})},
    )
    text = render_report([result])
    found = Page(text)
    assert found.count("script") == 0
    assert found.count("svg") == 5
    assert "<script>alert(1)</script>" in found.text
    assert "{{ 7 * 7 }}" in found.text
    for sign in "\x1b\u202e\ud800\uffff":
        assert sign not in text
    assert text.encode("utf-8")


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    results = [task_result(groups=True), task_result(("bm25", "rerank:a", "rerank:b"), dataset="b")]
    write_report(tmp_path / "a.html", results)
    write_report(tmp_path / "b.html", results)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert Page((tmp_path / "a.html").read_text("utf-8")).count("section") == 2


@pytest.mark.parametrize(
    "stages", [("bm25",), ("first_stage", "rerank"), ("rerank",), ("bm25", "dense", "rrf")]
)
def test_what_is_not_known_is_left_out(stages: Sequence[str]) -> None:
    bare = task_result(stages, queries=1, efforts=False, pairs=False, recall=False, card={})
    found = page(bare)
    assert found.count("svg") == (stages == ("first_stage", "rerank"))
    for words in ("Time, tokens", "Groups of", "Run card", "Reliability", "Quality against"):
        assert words not in found.text


def test_several_rerankers_and_sets() -> None:
    stages = ("bm25", "rrf", "rerank:a/one", "final:a/one", "rerank:b/two", "final:b/two")
    found = page(task_result(stages, queries=500), task_result(queries=3, dataset="nfcorpus"))
    assert found.count("svg") == 2 + 4 + 2 + 5
    assert "Overview" in found.text
    assert found.text.count("a/one") > 4


def test_the_largest_changes_are_told_with_their_texts() -> None:
    result = task_result(("rrf", "final"), queries=200)
    long = {query: f"{text} {'word ' * 200}" for query, text in result.queries.items()}
    text = render_report([replace(result, queries=long)])
    rows = re.findall(r'<td class="text">(.*?)</td>.*?<td class="(up|down)">', text, re.DOTALL)
    assert [way for _, way in rows] == ["up"] * CHANGES_SHOWN + ["down"] * CHANGES_SHOWN
    assert all(len(shown) <= TEXT_SHOWN for shown, _ in rows)
    gains = {q: v - result.stages["rrf"].values["nDCG@10"][q]
             for q, v in result.stages["final"].values["nDCG@10"].items()}  # fmt: skip
    shown = re.findall(r'<th scope="row" class="">(q\d+)</th><td class="text">', text)
    assert gains[shown[0]] == max(gains.values())
    assert gains[shown[CHANGES_SHOWN]] == min(gains.values())


def test_metrics_and_stages_are_explained() -> None:
    text = page(task_result(("bm25", "final"), metrics=("WSS@95", "MAP"))).text
    for words in ("WSS@95", "MAP", "Search by words", "p (Holm)"):
        assert words in text
    assert "nDCG@k" not in text


def test_a_page_suits_paper_phones_and_the_dark() -> None:
    text = render_report([task_result()])
    assert 'name="viewport" content="width=device-width' in text
    assert "@media print" in text
    assert "prefers-color-scheme: dark" in text
    assert "viewBox" in text
    assert not re.search(r"<svg [^>]*width=", text)


def test_a_fault_of_the_disk_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Writing the report failed"):
        write_report(tmp_path / "absent" / "report.html", [task_result(queries=2)])
