"""The front matter of a Markdown file: a small, strict part of YAML.

Between two ``---`` lines at the very start of the file stand lines of these forms, and comments::

    key: text, "quoted text", 12, 3.5, true, false, null
    key: [one, "two"]
    key:
      - one
      - two

Anything else (nested keys, block texts, anchors, tags) is reported with its line and left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pertinent.errors import RecordError
from pertinent.ingest.protocol import OnBroken

MAX_LINES = 500
MAX_LINE_CHARS = 65_536

_KEY = re.compile(r"([^\W\d][\w .-]{0,63}?)[ \t]*:(?:[ \t]+(.*)|)")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)")
# No place can match in two ways (possessive repeats, and nothing before the spaces that could take them),
# or a line of spaces would be tried in as many ways as it has pairs of spaces.
_PART = re.compile(r"""[ \t]*+("(?:[^"\\]|\\.)*+"[ \t]*+|'(?:[^']|'')*+'[ \t]*+|[^,"'\[\]{}]*+)(?:,|$)""")
_COMMENT = re.compile(r"(?:^|(?<![ \t])[ \t]+)#.*")
_INT = re.compile(r"[+-]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[+-]?[0-9]{1,17}\.[0-9]{1,17}")
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None, "~": None, "": None}
_NOT_PLAIN = tuple("&*!|>%@`{}[]\"'")


def split_front_matter(text: str, *, source: str, on_broken: OnBroken) -> tuple[dict[str, object], str]:
    r"""Take the front matter off a text.

    Parameters
    ----------
    text : str
        The whole text.
    source : str
        Its file, for reports.
    on_broken : Callable[[RecordError], None]
        Told of each entry that is not understood.

    Returns
    -------
    fields : dict
        The entries that are understood.
    body : str
        The text behind them; the whole text where there is no front matter.

    Examples
    --------
    >>> split_front_matter("---\ntitle: Asthma\ntags: [lung, child]\n---\nText", source="", on_broken=print)
    ({'title': 'Asthma', 'tags': ['lung', 'child']}, 'Text')
    """
    lines = text.split("\n", MAX_LINES + 1)
    marks = (number for number, line in enumerate(lines[: MAX_LINES + 1]) if line.rstrip() == "---")
    if next(marks, None) != 0 or (end := next(marks, None)) is None:
        return {}, text
    fields: dict[str, object] = {}
    for number, key, raw in _entries(lines[1:end]):
        try:
            if not key or key in fields:
                raise _NotUnderstoodError
            fields[key] = [_text(item) for item in raw] if isinstance(raw, list) else _value(raw)
        except _NotUnderstoodError:
            reason = "front matter that is not understood"
            on_broken(RecordError(reason, source=source, position=f"line {number}"))
    return fields, "\n".join(lines[end + 1 :])


class _NotUnderstoodError(Exception):
    """The entry is outside the part of YAML that is read."""


def _entries(lines: list[str]) -> Iterator[tuple[int, str, str | list[str]]]:
    """Keys with their raw values, and the number of the line each stands on."""
    at = 0
    while at < len(lines):
        line = lines[at].rstrip()
        at += 1
        if not line or line.lstrip().startswith("#"):
            continue
        number = at + 1  # the opening --- is line 1
        match = _KEY.fullmatch(line) if len(line) <= MAX_LINE_CHARS else None
        if match is None:
            yield number, "", line
            continue
        key, value = match[1], _without_comment(match[2] or "")
        items: list[str] = []
        while not value and at < len(lines) and (item := _item(lines[at].rstrip())):
            items.append(_without_comment(item[1]))
            at += 1
        yield number, key, items or value


def _item(line: str) -> re.Match[str] | None:
    return _ITEM.fullmatch(line) if len(line) <= MAX_LINE_CHARS else None


def _value(raw: str) -> object:
    if raw in _WORDS:
        return _WORDS[raw]
    if raw.startswith("["):
        return _inline_list(raw)
    if _INT.fullmatch(raw):
        return int(raw)
    return float(raw) if _FLOAT.fullmatch(raw) else _text(raw)


def _text(raw: str) -> str:
    if len(raw) >= 2 and raw[0] == raw[-1] and raw[0] in "\"'":
        inner = raw[1:-1]
        if raw[0] == "'":
            if "'" in inner.replace("''", ""):
                raise _NotUnderstoodError
            return inner.replace("''", "'")
        try:
            text = json.loads(raw)  # the escapes of YAML that people use are those of JSON
        except ValueError:
            raise _NotUnderstoodError from None
        return str(text)
    if raw.startswith(_NOT_PLAIN) or ": " in raw:
        raise _NotUnderstoodError
    return raw


def _inline_list(raw: str) -> list[str]:
    if not raw.endswith("]"):
        raise _NotUnderstoodError
    inner = raw[1:-1].strip()
    items: list[str] = []
    at = 0
    while at < len(inner):
        part = _PART.match(inner, at)
        if part is None:
            raise _NotUnderstoodError
        items.append(_text(part[1].strip()))
        at = part.end()
    return items


def _without_comment(value: str) -> str:
    value = value.strip()
    return value if value[:1] in ("'", '"') else _COMMENT.split(value, maxsplit=1)[0]
