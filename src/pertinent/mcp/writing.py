"""The tools ``add`` and ``remove``, which exist where writing was allowed at the start."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from pertinent.errors import CollectionLocked, ModelError, UsageError
from pertinent.ingest.added import added_id, is_added
from pertinent.mcp.answers import AddAnswer, RemoveAnswer
from pertinent.mcp.arguments import AddArguments, RemoveArguments
from pertinent.mcp.task import Task

if TYPE_CHECKING:
    from concurrent.futures import Future

    from pertinent.embedders.protocol import TextEmbedder


PATIENCE = 5.0
"""Seconds for others to finish writing: agents call several times at once, and each call takes a moment."""

STEP = 0.1

Result = TypeVar("Result")


def add(asked: AddArguments, task: Task) -> AddAnswer:
    """Keep a text."""
    from pertinent.search.collection import Collection
    from pertinent.types import Document

    name = _writable(asked.collection, task)
    base = task.visible.find(name)
    embedder = _loaded(task.visible.models.embedder(base.path), asked.deadline_ms, task)
    moment = _utc(asked.time)
    identity = added_id(asked.title, asked.text, asked.source, asked.time or "")
    known = bool(base.reader().known([identity]))
    passages = 0
    if not known:
        metadata = {"time": moment}
        document = Document(identity, asked.text, asked.title, metadata, asked.source)
        with Collection(base.path, embedder=embedder) as collection:
            report = _in_turn(lambda: collection.add([document]), asked.deadline_ms, task)
        if report.faults:
            raise UsageError("The text cannot be stored.", hint="Give one that has words in it.")
        passages = report.passages
    return AddAnswer(collection=name, document=identity, passages=passages, known=known)


def remove(asked: RemoveArguments, task: Task) -> RemoveAnswer:
    """Keep a text no longer."""
    from pertinent.store.collection import open_writer

    name = _writable(asked.collection, task)
    if not is_added(asked.document):
        raise UsageError(
            "Only texts that were added here can be removed here.",
            hint="Other documents come from files: remove those, and index again.",
        )
    path = task.visible.find(name).path

    def work() -> int:
        with open_writer(path) as store:
            removed = store.remove([asked.document])
            if removed:
                store.publish()
            return removed

    removed = _in_turn(work, None, task)
    return RemoveAnswer(collection=name, document=asked.document, removed=bool(removed))


def _in_turn(work: Callable[[], Result], deadline_ms: int | None, task: Task) -> Result:
    """Write when nobody else does."""
    until = task.passed + min(PATIENCE, task.left(deadline_ms))
    while True:
        try:
            return work()
        except CollectionLocked:
            if task.passed >= until:
                raise
            time.sleep(STEP)


def _writable(asked: str | None, task: Task) -> str:
    name, _ = task.collection(asked)
    if not (task.visible.writable and task.may("admin")):
        raise UsageError(
            "Nothing may be written here.", hint="The server is started with --allow-write for that."
        )
    return name


def _loaded(model: Future[TextEmbedder], deadline_ms: int | None, task: Task) -> TextEmbedder:
    from pertinent.kb.models import LOADING_SHARE
    from pertinent.rerankers.timed import Deadline, ready

    until = task.passed + LOADING_SHARE * task.left(deadline_ms)
    embedder = ready(model, Deadline(until, lambda: task.passed))
    if embedder is None:
        raise ModelError("The embedder is still being loaded.", hint="Ask again in a moment.")
    return embedder


def _utc(given: str | None) -> str:
    """A moment as ISO 8601 in UTC; a day stays a day."""
    if given is None:
        return datetime.now(UTC).isoformat(timespec="seconds")
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise UsageError("There is no such time.", hint="Write it as 2026-01-31T12:00:00Z.") from None
    if len(given) == len("2026-01-31"):
        return given
    zoned = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return zoned.astimezone(UTC).isoformat(timespec="seconds")
