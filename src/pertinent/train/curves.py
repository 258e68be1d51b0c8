"""The course of a run as a picture: loss and development metrics by step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pertinent.evaluate.extra import require
from pertinent.evaluate.report.inline_svg import COLOURS, WIDTH, inline_svg, plot_style
from pertinent.store.files import disk_faults, write_atomically
from pertinent.train.log import LOG_FILE, read_log

PLOT_FILE = "training.svg"
HEIGHT = 190
MOST_POINTS = 400
"""Of more steps, means of neighbours are drawn."""


def write_curves(folder: Path, metrics: Sequence[str] = ()) -> None:
    """Draw a run's log beside it.

    Parameters
    ----------
    folder : Path
        With ``log.jsonl``; ``training.svg`` is written.
    metrics : Sequence[str]
        Names of what was measured at checkpoints.

    Raises
    ------
    UsageError
        If matplotlib is missing.
    StoreError
        If the picture cannot be written.
    """
    records = list(read_log(folder / LOG_FILE))
    panels: list[tuple[str, list[str]]] = [("loss", ["loss"])]
    if measured := [name for name in metrics if any(name in record for record in records)]:
        panels.append(("development", measured))
    colours = [colour for name, colour in COLOURS.items() if name.startswith("series-")]
    with plot_style():
        size = (WIDTH / 72, HEIGHT * len(panels) / 72)
        figure: Any = require("matplotlib.figure").Figure(figsize=size, layout="constrained")
        drawn = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (label, names) in zip(drawn, panels, strict=True):
            for name, colour in zip(names, colours, strict=False):
                points = [(each["step"], each[name]) for each in records if name in each]
                steps, values = np.array(points, np.float64).reshape(-1, 2).T
                marker = "o" if label != "loss" else ""
                axes.plot(thinned(steps), thinned(values), color=colour, label=name, marker=marker)
            axes.set_ylabel(label)
            if len(names) > 1:
                axes.legend()
        drawn[-1].set_xlabel("step")
        element = inline_svg(figure, "training", "Loss and development metrics by step")
    # In a page the element has the page's name space and font; by itself it needs its own.
    head = '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" '
    with disk_faults("Writing the plot"):
        write_atomically(folder / PLOT_FILE, element.replace("<svg ", head, 1).encode())


def thinned(values: Any) -> Any:
    """At most ``MOST_POINTS`` means of neighbours.

    Examples
    --------
    >>> thinned(np.arange(800.0))[:2].tolist()
    [0.5, 2.5]
    """
    if len(values) <= MOST_POINTS:
        return values
    return np.array([part.mean() for part in np.array_split(values, MOST_POINTS)])
