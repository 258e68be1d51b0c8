"""Kill -9 a writer at a random moment, look at what is left, and compare it with what was acknowledged."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pertinent.store import collection
from support.crash_documents import digest, faults_of, revisions_of
from support.tiny_documents import EMBEDDER, embed

HERE = Path(__file__).parent
MOMENTS = ("opening", "index", "replace", "remove", "optimize", "publish")
LONGEST_DELAY = {
    "opening": 0.3,
    "index": 0.01,
    "replace": 0.015,
    "remove": 0.01,
    "optimize": 0.05,
    "publish": 0.06,
}


@dataclass
class Outcome:
    """One kill: when it struck, and what was wrong afterwards."""

    moment: str
    during: str
    acknowledged: int
    unfinished: int
    faults: list[str] = field(default_factory=list)


class Victim:
    """A writer process and what it said."""

    def __init__(self, folder: Path, seed: int, start: int, *only: str) -> None:
        command = [sys.executable, str(HERE / "crash_writer.py"), str(folder), str(seed), str(start), *only]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.lines: list[dict[str, Any]] = []

    def read_until(self, key: str, value: object = None) -> None:
        """Read what it says until a line has the key (and value)."""
        assert self.process.stdout is not None
        for text in self.process.stdout:
            self.lines.append(json.loads(text))
            if key in self.lines[-1] and value in (None, self.lines[-1][key]):
                return
        raise AssertionError(f"the writer ended by itself ({self.process.wait()})")

    def kill(self) -> None:
        """SIGKILL, then read what it had still said."""
        self.process.kill()
        rest, _ = self.process.communicate()
        # The last line may be cut in two; then the writer had not come beyond what it began to say.
        whole = [text for text in rest.splitlines(keepends=True) if text.endswith("\n")]
        self.lines.extend(json.loads(text) for text in whole)


class Promised:
    """What a writer's lines promise of the collection, and where the collection breaks the promise.

    Attributes
    ----------
    stored : dict[str, int]
        Revision of every document that was acknowledged or found at the last opening.
    begun : dict[str, int | None]
        Changes under way: each may have happened or not, until the next opening tells.
    published : dict[int, str]
        Digest of what each generation holds.
    acknowledged : int
        Changes of documents that were done.
    during : str
        What the last line says the writer was doing.
    faults : list[str]
        Broken promises.
    """

    def __init__(self) -> None:
        self.stored: dict[str, int] = {}
        self.begun: dict[str, int | None] = {}
        self.published = {1: digest({})}
        self.acknowledged = 0
        self.during = "opening"
        self.faults: list[str] = []

    def read(self, line: Mapping[str, Any]) -> None:
        """Take in one line; that of an opening is checked."""
        if "opened" in line:
            self.check_opened(line["opened"], line["stored"], line["generation"])
            self.during = "after opening"
        elif "start" in line:
            self.begun, self.during = line["changes"], line["start"]
        elif "done" in line:
            for name, revision in self.begun.items():
                if revision is None:
                    self.stored.pop(name, None)
                else:
                    self.stored[name] = revision
            self.acknowledged += len(self.begun)
            self.begun, self.during = {}, f"after {line['done']}"
            if line["done"] == "publish":
                self.published[line["generation"]] = digest(self.stored)

    def check_opened(self, lost: Sequence[str], stored: dict[str, int], generation: int) -> None:
        """Compare with what an opening found; that is the truth from then on."""
        if lost:
            self.faults.append(f"documents were lost: {list(lost)}")
        for name in self.stored.keys() | stored.keys() | self.begun.keys():
            allowed = {self.stored.get(name), self.begun.get(name, self.stored.get(name))}
            if stored.get(name) not in allowed:
                self.faults.append(f"{name} is {stored.get(name)}, not one of {allowed}")
        if generation == self._newest + 1 and self.during == "publish":
            self.published[generation] = digest(self.stored)
        elif generation != self._newest:
            self.faults.append(f"generation {generation} is the newest, not {self._newest}")
        self.stored, self.begun, self.during = dict(stored), {}, "opening"

    def check_published(self, generation: int, found: str) -> None:
        """Compare with what a reader saw at this moment: the newest generation or the one under way."""
        allowed = {self._newest: self.published[self._newest]}
        if self.during == "publish":
            allowed[self._newest + 1] = digest(self.stored)
        if allowed.get(generation) != found:
            self.faults.append(f"generation {generation} is not what was published")

    @property
    def _newest(self) -> int:
        return max(self.published)


class CrashTest:
    """One collection that is written, killed and looked at again and again.

    Parameters
    ----------
    folder : Path
        Where the collection is made.
    seed : int
        Decides the work and the moments.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(seed)
        self.promised = Promised()
        self.step = 0

    def kill_once(self, moment: str) -> Outcome:
        """Let a writer work, kill it in or near the named operation, and check the collection."""
        delay = self.chance.uniform(0, LONGEST_DELAY[moment])
        victim = Victim(self.folder, self.chance.randrange(2**31), self.step)
        try:
            if moment != "opening":
                victim.read_until("opened")
                for _ in range(self.chance.randint(1, 3)):
                    victim.read_until("done")
                victim.read_until("start", moment)
            time.sleep(delay)
        finally:
            victim.kill()
        outcome = self._check(victim, moment)
        self.step += 1 + sum("start" in line for line in victim.lines)
        return outcome

    def _check(self, victim: Victim, moment: str) -> Outcome:
        acknowledged = self.promised.acknowledged
        for line in victim.lines:
            self.promised.read(line)
        outcome = Outcome(
            moment,
            self.promised.during,
            self.promised.acknowledged - acknowledged,
            len(self.promised.begun),
        )
        if collection.exists(self.folder):
            self._compare()
        elif self.promised.stored:
            self.promised.faults.append("the collection is gone")
        outcome.faults, self.promised.faults = self.promised.faults, []
        return outcome

    def _compare(self) -> None:
        promised = self.promised
        with collection.open_reader(self.folder, EMBEDDER) as reader:
            promised.faults += [f"published: {fault}" for fault in faults_of(reader)]
            promised.check_published(reader.manifest.generation, digest(revisions_of(reader)))
        with collection.open_writer(self.folder, EMBEDDER) as writer:
            promised.check_opened(writer.recovery.lost, revisions_of(writer), writer.manifest.generation)
            promised.faults += faults_of(writer)
            lists = writer.first_stage("common words", embed(["common words"])[0], 10)
            if len(lists.bm25) != min(10, writer.count()):
                promised.faults.append("a search finds too little")
