"""Texts that agents add to a collection: they are of no file, whatever their source says."""

from __future__ import annotations

import re

from pertinent.types import content_hash

_ADDED = re.compile(r"text:[0-9a-f]{32}")


def added_id(title: str, text: str, source: str, time: str) -> str:
    """Id of an added text; of the same text it is the same.

    Examples
    --------
    >>> is_added(added_id("", "The key lies under the stone.", "Ann", ""))
    True
    """
    return f"text:{content_hash(title, text, source, time)}"


def is_added(document_id: str) -> bool:
    """Whether a document was added as a text; no reader of files makes such ids.

    Examples
    --------
    >>> is_added("text:notes.md")
    False
    """
    return _ADDED.fullmatch(document_id) is not None
