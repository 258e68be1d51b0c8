"""Long conversations with questions about them, as LoCoMo and REALTALK write them.

=============  ======================================  ======================================
what           LoCoMo (Maharana et al., 2024)          REALTALK (Lee et al., 2025)
=============  ======================================  ======================================
sessions       ``conversation.session_1`` ...          ``session_1`` ...
date           ``conversation.session_1_date_time``    ``date_time`` of each turn
turn           ``dia_id``, ``speaker``, ``text``       ``dia_id``, ``speaker``, ``clean_text``
picture        ``blip_caption``                        ``blip_caption``
name           ``sample_id``                           that of the file
=============  ======================================  ======================================

Both have the list ``qa`` with ``question``, ``category`` and ``evidence``, ids of turns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pertinent.evaluate.sources.files import stem
from pertinent.evaluate.sources.records import Record, json_value

_LOCOMO = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
"""The files number the types in another order than the paper; this is that of its evaluation code."""

_REALTALK = {1: "multi-hop", 2: "temporal", 3: "commonsense"}

_SESSION = re.compile(r"session_([0-9]{1,6})", re.ASCII)
_EVIDENCE = re.compile(r"D:?([0-9]{1,6})[:;]([0-9]{1,6})", re.ASCII)
_NUMBERED_DATE = re.compile(
    r"([0-9]{2})\.([0-9]{2})\.([0-9]{4}), ([0-9]{2}:[0-9]{2})(?::[0-9]{2})?", re.ASCII
)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""Not those of ``calendar``, which speaks the language of the machine."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one person said at once; ``date`` in words, as far as it is known."""

    id: str
    text: str
    date: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question; ``evidence`` are ids of turns that are there, ``lost`` what pointed at none."""

    text: str
    type: str
    evidence: tuple[str, ...]
    lost: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns in their order, and what is asked about them."""

    name: str
    turns: tuple[Turn, ...]
    questions: tuple[Question, ...]


def read_conversations(path: Path) -> Iterator[Conversation]:
    """The conversations of a JSON file, which is one of them or a list.

    Raises
    ------
    RecordError
        If the file cannot be read, or something in it is missing.
    """
    whole = json_value(path)
    several = isinstance(whole.fields["value"], list)
    records = whole.parts("value") if several else (whole.part(whole.fields["value"], "conversation"),)
    for number, record in enumerate(records, start=1):
        name = f"{stem(path)}-{number}" if several else stem(path)
        yield _conversation(record, record.identity("sample_id") if "sample_id" in record.fields else name)


def _conversation(record: Record, name: str) -> Conversation:
    locomo = "conversation" in record.fields
    spoken = record.part(record.fields["conversation"], "conversation") if locomo else record
    turns = _turns(spoken)
    places = {match.groups(): turn for turn in turns if (match := _EVIDENCE.fullmatch(turn))}
    numbers = {(int(session), int(turn)): identity for (session, turn), identity in places.items()}
    types = _LOCOMO if locomo else _REALTALK
    questions = tuple(_question(part, turns, numbers, types) for part in record.parts("qa"))
    return Conversation(name, tuple(turns.values()), questions)


def _turns(record: Record) -> dict[str, Turn]:
    sessions = {int(match[1]): name for name in record.fields if (match := _SESSION.fullmatch(name))}
    if not sessions:
        raise record.fault("there is no session_1")
    turns: dict[str, Turn] = {}
    for _, session in sorted(sessions.items()):
        date = record.text(f"{session}_date_time", default="")
        for part in record.parts(session):
            identity = part.identity("dia_id")
            if identity in turns:
                raise part.fault("a turn with this dia_id stands further up")
            said = part.text("text", "clean_text", default="").strip()
            caption = part.text("blip_caption", default="").strip()
            shown = f"[picture: {caption}]" if caption else ""
            words = " ".join(filter(None, (said, shown)))
            speaker = part.text("speaker").strip()
            turns[identity] = Turn(
                identity, f"{speaker}: {words}" if words else "", _date(part.text("date_time", default=date))
            )
    return turns


def _date(date: str) -> str:
    """The date with its month as a word: questions name it so.

    Examples
    --------
    >>> _date("29.12.2023, 22:42:04"), _date("1:56 pm on 8 May, 2023")
    ('22:42 on 29 December, 2023', '1:56 pm on 8 May, 2023')
    """
    match = _NUMBERED_DATE.fullmatch(date.strip())
    if not match or not 1 <= int(match[2]) <= 12:
        return date.strip()
    day, month, year, time = match.groups()
    return f"{time} on {int(day)} {_MONTHS[int(month) - 1]}, {year}"


def _question(
    record: Record, turns: dict[str, Turn], numbers: dict[tuple[int, int], str], types: dict[int, str]
) -> Question:
    """Read a question; its evidence is written by hand, as ``D8:6; D9:17`` or ``D:11:26`` too."""
    evidence = record.fields.get("evidence")
    found: dict[str, None] = {}
    lost = 0
    for item in evidence if isinstance(evidence, list) else [evidence]:
        if isinstance(item, str) and item in turns:
            found[item] = None
            continue
        named = [
            numbers.get((int(s), int(t))) for s, t in _EVIDENCE.findall(item if isinstance(item, str) else "")
        ] or [None]
        found |= {turn: None for turn in named if turn is not None}
        lost += named.count(None)
    category = record.fields.get("category")
    kind = types.get(category, "other") if isinstance(category, int) else "other"
    return Question(record.text("question").strip(), kind, tuple(found), lost)
