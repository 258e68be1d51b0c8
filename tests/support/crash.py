"""Kill -9 a writer at a random moment, look at what is left, and compare it with what was acknowledged."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pertinent.store import collection
from support.crash_documents import faults_of, version
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
        self.state: dict[str, int] = {}
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
        state = dict(self.state)
        begun: dict[str, int | None] = {}
        during = "opening"
        acknowledged = 0
        lost = [name for line in victim.lines for name in line.get("opened", [])]
        for line in victim.lines:
            if "start" in line:
                begun, during = line["changes"], line["start"]
            elif "done" in line:
                acknowledged += len(begun)
                for name, revision in begun.items():
                    if revision is None:
                        state.pop(name, None)
                    else:
                        state[name] = revision
                begun, during = {}, f"after {line['done']}"
        outcome = Outcome(moment, during, acknowledged, len(begun))
        if lost:
            outcome.faults.append(f"documents were lost: {lost}")
        if collection.exists(self.folder):
            outcome.faults += self._compare(state, begun)
        elif state:
            outcome.faults.append("the collection is gone")
        return outcome

    def _compare(self, state: dict[str, int], begun: dict[str, int | None]) -> list[str]:
        with collection.open_reader(self.folder, EMBEDDER) as reader:
            faults = [f"published: {fault}" for fault in faults_of(reader)]
        with collection.open_writer(self.folder, EMBEDDER) as writer:
            if writer.recovery.lost:
                faults.append(f"documents were lost: {writer.recovery.lost}")
            faults += faults_of(writer)
            found = {document.id: document for document in writer.documents()}
            now = {
                name: int(writer.passages(document.passage_ids[:1])[0].metadata["revision"])
                for name, document in found.items()
            }
            for name in state.keys() | now.keys() | begun.keys():
                allowed = {state.get(name), begun.get(name, state.get(name))}
                if now.get(name) not in allowed:
                    faults.append(f"{name} is {now.get(name)}, not one of {allowed}")
                elif name in now and found[name].fingerprint != version(name, now[name]).fingerprint:
                    faults.append(f"{name}: the ledger has another fingerprint than the passages")
            lists = writer.first_stage("common words", embed(["common words"])[0], 10)
            if len(lists.bm25) != min(10, writer.count()):
                faults.append("a search finds too little")
        self.state = now
        return faults
