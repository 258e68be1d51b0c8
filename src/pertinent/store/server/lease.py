"""One writer a collection, on a server: a point that says who writes, changed only by who may.

The server applies an update only where its condition holds, so of two writers one gets the lease. A thread
renews it, however long the writer embeds between two changes. A lease that nobody renews runs out: a killed
writer stands in the way for a minute and no longer. Clocks of machines that write one collection must not be
further apart than that.
"""

from __future__ import annotations

import os
import socket
import time
from datetime import UTC, datetime
from threading import Event, Thread
from uuid import uuid4

from qdrant_client import models

from pertinent.errors import CollectionLocked, StoreError
from pertinent.store.lock import Holder
from pertinent.store.server.layout import EXPIRES, HOLDER, LEASE_POINT
from pertinent.store.server.shard import ServerShard

SECONDS = 60.0
RENEWALS = 3
"""While it lasts: two may fail, where the server is away for a moment."""


class Lease:
    """Exclusive right to write a collection, until :meth:`release` or the end of this process.

    Parameters
    ----------
    shard : ServerShard
        The collection.

    Raises
    ------
    CollectionLocked
        If somebody else has it.
    """

    def __init__(self, shard: ServerShard) -> None:
        self._shard = shard
        self._token = uuid4().hex
        self._since = datetime.now(UTC).isoformat(timespec="seconds")
        self._renewed = 0.0
        expired = models.FieldCondition(key=EXPIRES, range=models.Range(lt=time.time()))
        self._take(models.Filter(should=[_held_by(""), expired]))
        self._released = Event()
        Thread(target=self._renew, name="pertinent-lease", daemon=True).start()

    def hold(self) -> None:
        """Make sure before each change that it is still ours.

        Raises
        ------
        CollectionLocked
            If it ran out and somebody else took it.
        """
        if time.time() - self._renewed > SECONDS / RENEWALS:
            self._take(models.Filter(must=[_held_by(self._token)]))

    def release(self) -> None:
        """Let go; what is not ours any more stays as it is."""
        self._released.set()
        mine = models.Filter(must=[_held_by(self._token)])
        self._shard.upsert([models.PointStruct(id=LEASE_POINT, vector={}, payload={HOLDER: ""})], mine)

    def _renew(self) -> None:
        while not self._released.wait(SECONDS / RENEWALS):
            try:
                self.hold()
            except CollectionLocked:
                return  # the writer's next change meets the same
            except StoreError:
                continue  # the server may be back in time

    def _take(self, condition: models.Filter) -> None:
        now = time.time()
        payload = {
            HOLDER: self._token,
            EXPIRES: now + SECONDS,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "began": self._since,
        }
        self._shard.upsert([models.PointStruct(id=LEASE_POINT, vector={}, payload=payload)], condition)
        records = self._shard.retrieve([LEASE_POINT], True)
        found = (records[0].payload or {}) if records else {}
        if found.get(HOLDER) != self._token:
            raise CollectionLocked(
                f"The collection is being written by {_told(found)}.",
                hint="Wait until it is done; after a writer died, a minute. Searching works meanwhile.",
            )
        self._renewed = now


def _held_by(token: str) -> models.FieldCondition:
    return models.FieldCondition(key=HOLDER, match=models.MatchValue(value=token))


def _told(found: dict[str, object]) -> str:
    try:
        return str(Holder(int(str(found["pid"])), str(found["host"])[:200], str(found["began"])[:40]))
    except (KeyError, ValueError):
        return "another process"
