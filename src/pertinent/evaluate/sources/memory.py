"""Conversations as memories to search: each turn a document, each question a query; kind ``memory``.

A file or a folder of files is one task. A question finds turns of its own conversation only. What is
relevant are the turns that its evidence names. Questions whose evidence names no turn are left out, and
the log says how many. The title of a turn is its date, since many questions ask for one.
"""

from __future__ import annotations

import logging
from pathlib import Path

from pertinent.errors import DataError
from pertinent.evaluate.sources.conversations import Conversation, read_conversations
from pertinent.evaluate.sources.data_hash import data_hash
from pertinent.evaluate.sources.files import files_of, stem
from pertinent.evaluate.sources.judgements import ONLY_SPLIT, choose_split
from pertinent.evaluate.sources.records import fail_on
from pertinent.evaluate.task import SCOPE, Task
from pertinent.ingest.streams import ByteChunks
from pertinent.types import Document

LAYOUT = "LoCoMo or REALTALK conversations: one or more .json with sessions and qa"
MAX_CHARS = 1 << 29
"""Of all turns and questions, which are held in memory."""

log = logging.getLogger(__name__)


def memory_files(path: Path) -> list[Path]:
    """Files of conversations: this one, or those of the folder; none where the first is something else.

    Raises
    ------
    DataError
        If they cannot be read.
    """
    files = files_of(path, ".json")
    return files if files and _names_questions(files[0]) else []


def _names_questions(path: Path) -> bool:
    tail = b""
    for chunk in ByteChunks(path, on_broken=fail_on):
        if b'"qa"' in tail + chunk:
            return True
        tail = chunk[-3:]
    return False


def memory_task(path: Path, files: list[Path], split: str | None = None) -> Task:
    """Read conversations and their questions; there is only one split, ``test``.

    Raises
    ------
    DataError
        If a file is broken, two conversations have one name, or no question can be used.
    """
    split = choose_split((ONLY_SPLIT,), split, path)
    conversations = _by_name(path, files)
    queries: dict[str, str] = {}
    judgements: dict[str, dict[str, int]] = {}
    groups: dict[str, str] = {}
    scopes: dict[str, str] = {}
    asked = lost = 0
    for name, conversation in conversations.items():
        for number, question in enumerate(conversation.questions, start=1):
            asked += 1
            lost += question.lost
            if question.evidence:
                query = f"{name}/q{number}"
                queries[query] = question.text
                judgements[query] = {f"{name}/{turn}": 1 for turn in question.evidence}
                groups[query] = question.type
                scopes[query] = name
    if left_out := asked - len(queries):
        log.warning("%s: %d of %d questions name no turn and are left out", path, left_out, asked)
    if lost:
        log.info("%s: %d pieces of evidence name no turn", path, lost)
    if not queries:
        raise DataError(f"{path} has no question whose evidence names a turn.", hint=f"Known is: {LAYOUT}.")
    documents = tuple(
        Document(f"{name}/{turn.id}", turn.text, title=turn.date, metadata={SCOPE: name}, source=str(path))
        for name, conversation in conversations.items()
        for turn in conversation.turns
        if turn.text
    )
    return Task(
        name=path.resolve().name if path.is_dir() else stem(path),
        split=split,
        kind="memory",
        queries=queries,
        judgements=judgements,
        data_hash=data_hash("memory", split, {stem(file): file for file in files}),
        documents=lambda: iter(documents),
        groups=groups,
        scopes=scopes,
    )


def _by_name(path: Path, files: list[Path]) -> dict[str, Conversation]:
    conversations: dict[str, Conversation] = {}
    chars = 0
    for file in files:
        for conversation in read_conversations(file):
            if conversation.name in conversations:
                raise DataError(
                    f"{file} has a conversation that is there already.", hint="Give each conversation once."
                )
            conversations[conversation.name] = conversation
            chars += sum(len(turn.text) for turn in conversation.turns)
            chars += sum(len(question.text) for question in conversation.questions)
            if chars > MAX_CHARS:
                raise DataError(f"{path} has more than {MAX_CHARS:,} characters.", hint="Give fewer files.")
    return conversations
