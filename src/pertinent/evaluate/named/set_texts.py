"""Texts of named sets: documents as the readers of files make them, queries as mteb's models read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pertinent.errors import DataError
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


def query_text(row: Mapping[str, Any]) -> str:
    """Text of a query as mteb's models read it: with the query's own instruction, turns on one line.

    Parameters
    ----------
    row : Mapping
        ``text``: a string, or the turns of a conversation as strings or as ``role`` and ``content``;
        perhaps ``instruction``.

    Raises
    ------
    DataError
        If it is of another form.

    Examples
    --------
    >>> query_text({"text": "what lowers glucose?", "instruction": "Only trials count."})
    'what lowers glucose? Only trials count.'
    >>> query_text({"text": [{"role": "user", "content": "Hi"}, {"role": "bot", "content": "Yes?"}]})
    'user: Hi; bot: Yes?'
    """
    text, instruction = row["text"], row.get("instruction")
    if isinstance(text, str):
        return f"{text} {instruction}" if instruction is not None else text
    try:
        turns = [t if isinstance(t, str) else f"{t['role']}: {t['content']}" for t in text]
    except (TypeError, KeyError):
        raise DataError("A query is neither a text nor a conversation.", hint="Name another task.") from None
    return " ".join([*([instruction] if instruction is not None else []), "; ".join(turns)])
