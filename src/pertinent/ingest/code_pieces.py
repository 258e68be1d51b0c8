"""Where source code may be cut: by blank lines and indentation, without knowing its language."""

from __future__ import annotations

import re

_CLOSES = re.compile(r"[)\]}{]|end\b")
"""A line that begins so belongs to what stands above it."""


def definition_spans(text: str) -> list[tuple[int, int]]:
    r"""Offsets of the pieces that begin without indentation: definitions with what belongs to them.

    A piece begins at a line that is not indented and follows a blank line, an indented line or one that
    closes a block.

    Parameters
    ----------
    text : str
        The code, lines ending with ``\n``.

    Returns
    -------
    list of (start, end)
        In order, without overlap; each begins at the beginning of a line. Together they hold every
        character that is not white space.

    Examples
    --------
    >>> text = "import re\n\ndef one():\n    return 1\n\n    # done\ndef two():\n    pass\n"
    >>> [text[start:end].splitlines()[0] for start, end in definition_spans(text)]
    ['import re', 'def one():', 'def two():']
    """
    spans: list[tuple[int, int]] = []
    after_body = False
    for start, end in line_spans(text):
        line = text[start:end]
        indented, closes = line[0].isspace(), bool(_CLOSES.match(line))
        after_blank = bool(spans) and text.count("\n", spans[-1][1], start) > 1
        if not spans or ((after_body or after_blank) and not indented and not closes):
            spans.append((start, end))
        else:
            spans[-1] = (spans[-1][0], end)
        after_body = indented or closes
    return spans


def block_spans(text: str) -> list[tuple[int, int]]:
    r"""Offsets of the pieces between blank lines; see :func:`definition_spans`.

    Examples
    --------
    >>> block_spans("a\nb\n\n  c\n")
    [(0, 3), (5, 8)]
    """
    spans: list[tuple[int, int]] = []
    for start, end in line_spans(text):
        if spans and text.count("\n", spans[-1][1], start) == 1:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def line_spans(text: str) -> list[tuple[int, int]]:
    r"""Offsets of the lines that hold more than white space, without white space at their ends.

    Examples
    --------
    >>> line_spans("a \n\n  b\n")
    [(0, 1), (4, 7)]
    """
    spans = []
    start = 0
    for line in text.split("\n"):
        if stripped := line.rstrip():
            spans.append((start, start + len(stripped)))
        start += len(line) + 1
    return spans
