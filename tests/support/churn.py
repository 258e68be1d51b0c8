"""A folder that is changed at random while a watcher follows it, is killed and started again.

Every passage has the same number of words, because BM25 remembers the typical length of the first batch, and
a fresh index would begin with another batch.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from pertinent.kb.knowledge_base import KnowledgeBase
from support.knowledge import held, knowledge_base

HERE = Path(__file__).parent
STOP_WORDS = {"did", "don", "for"}
VOCABULARY = sorted({f"{a}{b}{c}" for a in "bdfgklm" for b in "aeiou" for c in "bdgmnpr"} - STOP_WORDS)
OPERATIONS = ("create", "edit", "save beside", "rename", "move folder", "delete", "delete folder")
WEIGHTS = (30, 25, 15, 15, 3, 10, 2)


class Folder:
    """Random operations on a tree of Markdown files, by a seed."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.chance = random.Random(seed)
        self.number = 0
        root.mkdir()

    def change(self) -> str:
        """One operation; returns which."""
        files = sorted(self.root.rglob("*.md"))
        folders = sorted(path for path in self.root.rglob("*") if path.is_dir())
        operation = self.chance.choices(OPERATIONS, WEIGHTS)[0] if len(files) > 5 else "create"
        if operation in ("move folder", "delete folder") and not folders:
            operation = "create"
        self.number += 1
        if operation == "create":
            self.place().write_text(self.text(), "utf-8")
        elif operation == "edit":
            self.chance.choice(files).write_text(self.text(), "utf-8")
        elif operation == "save beside":
            beside = self.root / f".{self.number}.tmp"
            beside.write_text(self.text(), "utf-8")
            beside.rename(self.chance.choice(files))
        elif operation == "rename":
            self.chance.choice(files).rename(self.place())
        elif operation == "move folder":
            self.chance.choice(folders).rename(self.root / f"m{self.number}")
        elif operation == "delete":
            self.chance.choice(files).unlink()
        else:
            shutil.rmtree(self.chance.choice(folders))
        return operation

    def place(self) -> Path:
        """A new name, in the folder or below it."""
        parts = [self.chance.choice("xyz") for _ in range(self.chance.randint(0, 2))]
        file = self.root.joinpath(*parts, f"n{self.number}.md")
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    def text(self) -> str:
        """One to three sections of the same length."""
        words = [" ".join(self.chance.choices(VOCABULARY, k=9)) for _ in range(self.chance.randint(1, 3))]
        return f"# t{self.number}\n\n" + "\n\n".join(f"## s{n}\n\n{text}." for n, text in enumerate(words))


class Searcher(threading.Thread):
    """Searches a collection again and again, as a server beside the watcher does."""

    def __init__(self, collection: Path) -> None:
        super().__init__(daemon=True)
        self.base = knowledge_base(collection)
        self.stop = threading.Event()
        self.searches = 0
        self.generations: set[int] = set()
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with self.base.collection as opened:
                while not self.stop.is_set():
                    hits = list(opened.search(" ".join(random.sample(VOCABULARY, 3))))
                    assert hits, "a search found nothing"
                    self.searches += 1
                    self.generations.add(opened.reader().manifest.generation)
                    time.sleep(0.1)
        except Exception as error:
            self.error = error


def follow(collection: Path) -> subprocess.Popen[str]:
    """A process that follows the folders of a knowledge base."""
    command = [sys.executable, str(HERE / "follow_folders.py"), str(collection)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def await_line(process: subprocess.Popen[str]) -> str:
    """The next line that a process says."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"it ended by itself ({process.wait()})"
    return line


def answers(base: KnowledgeBase, queries: list[str]) -> list[Any]:
    """What searches give, to the last digit of each score."""
    with base.collection as opened:
        return [
            [
                (hit.passage.id, hit.passage.document_id, hit.final, hit.candidate)
                for hit in opened.search(query)
            ]
            for query in queries
        ]


def await_equal(base: KnowledgeBase, fresh: dict[str, tuple[str, ...]], seconds: float) -> float:
    """Wait until a knowledge base holds what a fresh one does; returns how long that took."""
    begun = time.monotonic()
    while held(base) != fresh:
        if time.monotonic() - begun > seconds:
            now = held(base)
            gone, extra = sorted(fresh.keys() - now.keys()), sorted(now.keys() - fresh.keys())
            raise AssertionError(f"missing {gone}, too many {extra}")
        time.sleep(0.1)
    return time.monotonic() - begun
