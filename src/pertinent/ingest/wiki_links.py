"""Wiki links in Markdown, ``[[Page]]``, ``[[Page#Part|shown]]`` and ``![[Page]]``, read as what they show."""

from __future__ import annotations

import re

from pertinent.ingest.headings import lines_of

WIKI_LINKS = "wiki_links"
"""Metadata field of the pages that a document leads to."""

MAX_LINKS = 500
"""Pages kept of one document: every passage carries them."""
MAX_TARGET_CHARS = 300

# Code comes first, so that what stands in it is no link; possessive, so that it takes linear time.
_LINK = re.compile(r"(?<!`)`++[^`]*+`++|!?\[\[([^\[\]|]++)(?:\|([^\[\]]*+))?+\]\]")


def read_wiki_links(text: str) -> tuple[str, tuple[str, ...]]:
    """Replace the wiki links of a Markdown text by what they show.

    Parameters
    ----------
    text : str
        The text. Fenced blocks and spans of code stay as they are; so do the ends of all lines.

    Returns
    -------
    text : str
        With ``[[Page|shown]]`` as ``shown`` and ``[[Page#Part]]`` as ``Page > Part``.
    pages : tuple[str, ...]
        The pages they lead to, without the part, each once; the first :data:`MAX_LINKS`.

    Examples
    --------
    >>> read_wiki_links("See [[Metformin|the drug]], [[Asthma#Care]] and `[[ -f x ]]`.")
    ('See the drug, Asthma > Care and `[[ -f x ]]`.', ('Metformin', 'Asthma'))
    """
    if "[[" not in text:
        return text, ()
    pages: dict[str, None] = {}

    def shown(match: re.Match[str]) -> str:
        target = (match[1] or "").strip().removesuffix("\\")  # in tables the bar is written \|
        if not target:
            return match[0]
        page, _, part = (piece.strip() for piece in target.partition("#"))
        if page and len(page) <= MAX_TARGET_CHARS and len(pages) < MAX_LINKS:
            pages[page] = None
        return (match[2] or "").strip() or " > ".join(filter(None, (page, part)))

    lines = [line if is_code else _LINK.sub(shown, line) for _, line, is_code in lines_of(text)]
    return "\n".join(lines), tuple(pages)
