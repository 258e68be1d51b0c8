"""Topics as TREC writes them: ``<top>`` blocks, of which number and title are read.

The tags are not closed, so this is no XML::

    <top>
    <num> Number: 301
    <title> International Organized Crime
    <desc> Description: ...
    </top>
"""

from __future__ import annotations

import re
from pathlib import Path

from pertinent.evaluate.sources.records import Record, fail_on
from pertinent.evaluate.sources.texts import add_query, query_texts
from pertinent.ingest.streams import read_head, read_text

_TOP = re.compile(r"<top>", re.IGNORECASE)
_TAG = re.compile(r"<(/?\w{1,16})>")


def read_topics(path: Path) -> dict[str, str]:
    """Queries by id, in file order: ``<top>`` blocks, JSON Lines, or id, tab, text.

    Raises
    ------
    RecordError
        If a topic has no number or title, or one stands there twice.
    """
    head = read_head(path, on_broken=fail_on)
    if not (head or b"").removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return query_texts(path)
    texts: dict[str, str] = {}
    content = read_text(path, on_broken=fail_on)
    for number, block in enumerate(_TOP.split(content or "")[1:], start=1):
        fields = _fields(block)
        record = Record({"_id": fields.get("num"), "text": fields.get("title")}, str(path), f"topic {number}")
        add_query(texts, record, record.identity("_id"))
    return texts


def _fields(block: str) -> dict[str, str]:
    _, *rest = _TAG.split(block)
    fields: dict[str, str] = {}
    for tag, value in zip(rest[::2], rest[1::2], strict=True):
        fields.setdefault(tag.lower(), " ".join(value.split()))
    if "num" in fields:
        identity = fields["num"].removeprefix("Number:").strip()
        # Topic 051 is 51 in judgements and runs.
        fields["num"] = identity.lstrip("0") or "0" if identity.isdecimal() else identity
    if "title" in fields:
        fields["title"] = fields["title"].removeprefix("Topic:").strip()
    return fields
