from __future__ import annotations

from xml.etree import ElementTree

import matplotlib
from matplotlib.figure import Figure

from pertinent.evaluate.report.inline_svg import COLOURS, inline_svg, plot_style


def drawn(name: str = "a", text: str = "label") -> str:
    with plot_style():
        figure = Figure(figsize=(4, 3), layout="constrained")
        axes = figure.add_subplot()
        axes.plot([0, 1, 2], [0.1, 0.2, 0.15], marker="o", color=COLOURS["series-1"], label=text)
        axes.legend()
        return inline_svg(figure, name, "What it <shows>")


def test_text_stays_text_and_is_escaped() -> None:
    svg = drawn(text="a <b> $x_1$ & 日本")
    root = ElementTree.fromstring(svg)
    assert "a <b> $x_1$ & 日本" in [element.text for element in root.iter("text")]
    assert root.get("aria-label") == "What it <shows>"


def test_it_has_no_size_fonts_styles_or_addresses_of_its_own() -> None:
    svg = drawn()
    for words in ("http", "xmlns", "<style", "metadata", "font-family", "<?xml", "<!", 'width="4'):
        assert words not in svg
    assert "viewBox" in svg


def test_colours_are_variables_of_the_page_with_a_default() -> None:
    svg = drawn()
    for name in ("ink", "muted", "grid", "series-1"):
        assert f"var(--{name}, {COLOURS[name]})" in svg
        assert COLOURS[name] not in svg.replace(f"var(--{name}, {COLOURS[name]})", "")


def test_no_colour_is_drawn_that_the_page_cannot_change() -> None:
    hexes = {part[:7] for part in drawn().split("#")[1:]}
    assert {f"#{value}"[:7] for value in hexes if len(value) >= 6} & {"#000000", "#ffffff"} == set()


def test_ids_of_two_plots_do_not_meet() -> None:
    first, second = (
        {element.get("id") for element in ElementTree.fromstring(drawn(name)).iter()} - {None}
        for name in ("one", "two")
    )
    assert first
    assert not first & second


def test_the_same_figure_gives_the_same_bytes_whatever_the_user_set() -> None:
    before = drawn()
    with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 30, "svg.fonttype": "path"}):
        assert drawn() == before
        assert matplotlib.rcParams["font.size"] == 30
