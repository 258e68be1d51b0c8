"""A matplotlib figure as an SVG element for a page: its colours follow the page, its ids clash with none."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

from pertinent.evaluate.extra import require

WIDTH = 400
"""Units of a plot; in a column of the page as well as on a phone a unit is about a pixel."""

COLOURS = {
    "ink": "#1d2126",
    "muted": "#646c76",
    "grid": "#e2e5e9",
    "series-1": "#2b6cb0",
    "series-2": "#b9540d",
    "series-3": "#2c7a51",
    "series-4": "#7a4fa5",
    "series-5": "#0f7583",
    "series-6": "#b0304c",
    "series-7": "#75660f",
    "series-8": "#59626d",
    "gain": "#2a6db1",
    "loss": "#b8530c",
}
"""What plots are drawn with; on the page each is a variable of this name, with the colour as its default."""

_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "pertinent",
    "font.size": 11.5,
    "text.color": COLOURS["ink"],
    "text.parse_math": False,
    "axes.edgecolor": COLOURS["muted"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 0.8,
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
    "xtick.labelcolor": COLOURS["ink"],
    "ytick.labelcolor": COLOURS["ink"],
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
}
_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_FONT = re.compile(r"\s*font-family:[^;]*;?")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")


@contextmanager
def plot_style() -> Iterator[None]:
    """Draw and save inside this block: plots look the same whatever settings a user has for matplotlib."""
    matplotlib = require("matplotlib")
    with matplotlib.rc_context(), warnings.catch_warnings():
        # A sign that matplotlib's font lacks is drawn by the browser; only its width is a guess.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def inline_svg(figure: Any, name: str, label: str) -> str:
    """Write a figure as an ``svg`` element for an HTML page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn in :func:`plot_style`, in which this is called too.
    name : str
        Put before its ids; another for each plot of a page, of letters, digits and hyphens.
    label : str
        What it shows, for those who do not see it.

    Returns
    -------
    str
        The same bytes for the same figure; without size, fonts, scripts and addresses of its own.
    """
    file = io.StringIO()
    none = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(file, format="svg", transparent=True, metadata=none)
    root = ElementTree.fromstring(file.getvalue())  # noqa: S314 (matplotlib wrote it)
    _shed_styles(root)
    used = set(_references(root))
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        for key, value in list(element.attrib.items()):
            del element.attrib[key]
            if key == "id":
                if value in used:
                    element.set("id", f"{name}-{value}")
            elif key == _LINK:
                element.set("href", f"#{name}-{value[1:]}")
            elif kept := _tidied(value, name):
                element.set(key, kept)
        # Line ends between elements say nothing; those of a text stand inside it.
        element.tail = None
        element.text = element.text if (element.text or "").strip() else None
    view = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib.update({"viewBox": view, "role": "img", "aria-label": label})
    return ElementTree.tostring(root, encoding="unicode")


def _shed_styles(root: ElementTree.Element) -> None:
    """Take out style sheets, which would hold for the whole page, and data about the picture."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{_SVG}style", f"{_SVG}metadata"):
                parent.remove(child)


def _references(root: ElementTree.Element) -> Iterator[str]:
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == _LINK:
                yield value[1:]
            else:
                yield from _REFERENCE.findall(value)


def _tidied(value: str, name: str) -> str:
    """An attribute with the page's colours, fonts and ids, and numbers no finer than anybody sees."""
    value = _REFERENCE.sub(rf"url(#{name}-\1)", value)
    value = _FONT.sub("", value)
    value = _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.2f}", value)
    for variable, colour in COLOURS.items():
        value = value.replace(colour, f"var(--{variable}, {colour})")
    return " ".join(value.split())
