"""Documents of named sets, as the readers of files make them: the same set gives the same either way."""

from __future__ import annotations

from pertinent.ingest.titles import title_and_text
from pertinent.types import Document


def set_document(identity: str, title: str, text: str) -> Document | None:
    """Make a document of a record of a set.

    Parameters
    ----------
    identity : str
        As judgements name it.
    title, text : str
        As they stand in the set; runs of blanks in a title become one.

    Returns
    -------
    Document | None
        None where neither holds anything: no search finds such a document.

    Examples
    --------
    >>> set_document("1", " Metformin  lowers ", "It does.").title
    'Metformin lowers'
    >>> set_document("2", "", " ") is None
    True
    """
    title = " ".join(title.split())
    if not title and not text.strip():
        return None
    title, text = title_and_text(title, text)
    return Document(identity, text, title)
