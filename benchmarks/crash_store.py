"""Kill -9 the store at random moments and see what is left.

Part one: one writer, killed again and again in or near every operation; after each kill the collection is
opened, compared with what had been acknowledged, and used again. Part two: a writer and three readers in
four processes, one of them killed at a time and started again, while every reader checks all it sees. What
the writer said was done must be there at each of its starts and at the end, and each generation must hold
what was published with it.

::

    python benchmarks/crash_store.py [--kills 50] [--seconds 60] [--seed 1]

Writes ``benchmarks/results/crash_store.json``.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from machine import write_result
from pertinent.store import collection, shard
from support.crash import HERE, MOMENTS, CrashTest, Promised
from support.crash_documents import GRAPHS_FROM, faults_of, revisions_of
from support.tiny_documents import EMBEDDER

READERS = 3


def kill_writers(folder: Path, kills: int, seed: int) -> dict[str, Any]:
    """Part one."""
    test = CrashTest(folder, seed)
    outcomes = [test.kill_once(MOMENTS[(number + 1) % len(MOMENTS)]) for number in range(kills)]
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        row = table[outcome.during]
        row["kills"] += 1
        row["acknowledged"] += outcome.acknowledged
        row["unfinished"] += outcome.unfinished
        row["faults"] += len(outcome.faults)
    print(f"{'killed during':18}{'kills':>7}{'acknowledged':>14}{'unfinished':>12}{'faults':>8}")
    for during, row in sorted(table.items()):
        print(
            f"{during:18}{row['kills']:>7}{row['acknowledged']:>14}{row['unfinished']:>12}{row['faults']:>8}"
        )
    for outcome in outcomes:
        for fault in outcome.faults:
            print(f"FAULT after {outcome.during}: {fault}")
    return {
        "kills": kills,
        "during": {during: dict(row) for during, row in sorted(table.items())},
        "faults": [fault for outcome in outcomes for fault in outcome.faults],
        "documents_at_the_end": len(test.promised.stored),
    }


class Process:
    """One of the four, started again after each kill; what it says goes to a file."""

    def __init__(self, *command: str) -> None:
        self.command = [sys.executable, *command]
        self.said = TemporaryFile("w+")  # noqa: SIM115 (lives as long as this)
        self.complaints = TemporaryFile("w+")  # noqa: SIM115
        self.starts = 0
        self.start()

    def start(self) -> None:
        """Start it, or start it again."""
        self.starts += 1
        command = [part.format(start=self.starts * 10_000) for part in self.command]
        self.process = subprocess.Popen(command, stdout=self.said, stderr=self.complaints)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()
        self.said.seek(0, 2)
        self.said.write("\n")  # ends a line that was cut in two
        self.said.flush()

    def lines(self) -> list[dict[str, Any]]:
        """Whole lines of all its lives."""
        self.said.seek(0)
        found = []
        for text in self.said:
            try:
                found.append(json.loads(text))
            except ValueError:
                continue
        return found


def linked_files(folder: Path) -> int:
    """Files that the writer's shard and a generation share; only while no writer lives."""
    mine, published = (
        {file.stat().st_ino for file in (folder / name).rglob("*") if file.is_file()}
        for name in ("shard", "generations")
    )
    return len(mine & published)


def kill_any(folder: Path, seconds: float, seed: int) -> dict[str, Any]:
    """Part two."""
    chance = random.Random(seed)
    shard.EXACT_LIMIT = GRAPHS_FROM
    collection.create(folder, EMBEDDER).close()
    writer = Process(str(HERE / "crash_writer.py"), str(folder), str(seed), "{start}")
    readers = [Process(str(HERE / "crash_reader.py"), str(folder)) for _ in range(READERS)]
    everyone = [writer, *readers]
    died: list[str] = []
    linked = 0
    kills: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.2, 1.5))
        for process in everyone:
            if process.process.poll() is not None:
                process.complaints.seek(0)
                died.append(process.complaints.read()[-2000:])
                process.start()
        victim = chance.choice(everyone)
        victim.kill()
        kills["writer" if victim is writer else "reader"] += 1
        if victim is writer:
            linked = max(linked, linked_files(folder))
        victim.start()
    for process in everyone:
        process.kill()
    reports = [line for reader in readers for line in reader.lines() if "faults" in line]
    faults = [fault for line in reports for fault in line["faults"]]
    promised = Promised()
    for line in writer.lines():
        promised.read(line)
    with collection.open_writer(folder, EMBEDDER) as last:
        promised.check_opened(last.recovery.lost, revisions_of(last), last.manifest.generation)
        faults += promised.faults + faults_of(last)
        last.publish()
        generations, documents = last.manifest.generation, last.manifest.documents
    with collection.open_reader(folder, EMBEDDER) as reader:
        faults += faults_of(reader)
        if revisions_of(reader) != promised.stored:
            faults.append("the last generation is not what was published")
        left_over = len(list((folder / "readers").glob("*.lock"))) - 1
    faults += [
        f"generation {line['generation']} is not what was published"
        for line in reports
        if promised.published.get(line["generation"]) != line["digest"]
    ]
    if not linked:
        faults.append("no file of an immutable segment was ever linked into a generation")
    result = {
        "seconds": seconds,
        "kills": dict(kills),
        "died_by_themselves": died,
        "generations": generations,
        "generations_checked_by_readers": len(reports),
        "changes_acknowledged": promised.acknowledged,
        "documents_at_the_end": documents,
        "linked_files_at_most": linked,
        "private_copies_left_over": left_over,
        "faults": faults,
    }
    print(json.dumps(result, indent=2))
    return result


def main() -> None:
    """Run both parts; exit code 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        began = time.monotonic()
        alone = kill_writers(Path(folder) / "alone", options.kills, options.seed)
        alone["took_seconds"] = round(time.monotonic() - began, 1)
        together = kill_any(Path(folder) / "together", options.seconds, options.seed)
    write_result("crash_store", {"one_writer": alone, "four_processes": together})
    sys.exit(bool(alone["faults"] or together["faults"] or together["died_by_themselves"]))


if __name__ == "__main__":
    main()
