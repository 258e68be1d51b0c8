from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pertinent.errors import CollectionNotFound, PertinentError
from pertinent.kb import watching
from pertinent.kb.knowledge_base import KnowledgeBase
from pertinent.kb.updating import UpdateReport
from pertinent.kb.watching import Watcher
from support.knowledge import held, write


class Follower(threading.Thread):
    """A watcher in a thread of its own, and what it told."""

    def __init__(self, base: KnowledgeBase) -> None:
        super().__init__(daemon=True)
        self.base = base
        self.reports: list[UpdateReport] = []
        self.faults: list[PertinentError] = []
        self.ended_with: PertinentError | None = None
        self.stop = threading.Event()

    def run(self) -> None:
        watcher = Watcher(self.base, on_update=self.reports.append, on_fault=self.faults.append)
        try:
            watcher.run(self.stop)
        except PertinentError as error:
            self.ended_with = error

    def until(self, wanted: Callable[[], bool]) -> None:
        """Wait for something, which must come within seconds."""
        deadline = time.monotonic() + 30
        while not wanted():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.05)

    def until_held(self, *names: str) -> None:
        self.until(lambda: sorted(held(self.base)) == sorted(names))


@pytest.fixture
def follower(base: KnowledgeBase, notes: Path) -> Iterator[Follower]:
    base.add(notes)
    thread = Follower(base)
    thread.start()
    thread.until(lambda: bool(thread.reports))
    yield thread
    thread.stop.set()
    thread.join(30)
    assert not thread.is_alive()


def test_changes_are_followed_and_nothing_else_is_read(follower: Follower, notes: Path) -> None:
    assert len(held(follower.base)) == 3
    write(notes, new__deep__er="New.")
    follower.until_held("tides.md", "sub/rain.md", "sub/wind.md", "new/deep/er.md")
    assert [report.to_read for report in follower.reports[1:]] == [1]
    shutil.rmtree(notes / "sub")
    follower.until_held("tides.md", "new/deep/er.md")
    (notes / "new").rename(notes / "old")
    follower.until_held("tides.md", "old/deep/er.md")


def test_a_burst_is_one_update_or_few(follower: Follower, notes: Path) -> None:
    write(notes, **{f"n{number}": f"Note {number}." for number in range(200)})
    follower.until(lambda: len(held(follower.base)) == 203)
    assert len(follower.reports) <= 6


def test_what_was_not_told_is_found_after_the_next_change(
    base: KnowledgeBase, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_AFTER", 0.1)
    base.add(notes)
    reports: list[UpdateReport] = []
    watcher = Watcher(base, on_update=reports.append, on_fault=pytest.fail)
    watcher._attempt()
    watcher._gather(set())
    watcher._attempt()
    write(notes, told="Told.", missed="Missed.")
    watcher._gather({notes / "told.md"})
    watcher._attempt()
    assert "missed.md" not in held(base)
    time.sleep(0.15)
    watcher._gather(set())
    watcher._attempt()
    assert "missed.md" in held(base)
    assert len(reports) == 3


def test_while_another_writes_the_changes_wait(follower: Follower, notes: Path) -> None:
    with follower.base.collection.writing(UpdateReport()):
        write(notes, new="New.")
        follower.until(lambda: bool(follower.faults))
        assert len(follower.reports) == 1
    follower.until_held("tides.md", "sub/rain.md", "sub/wind.md", "new.md")
    assert len(follower.faults) == 1


def test_a_folder_that_is_added_meanwhile_is_followed(
    follower: Follower, notes: Path, tmp_path: Path
) -> None:
    write(tmp_path / "more", one="One.")
    follower.base.add(tmp_path / "more")
    follower.until(lambda: "more//one.md" in held(follower.base))
    write(tmp_path / "more", two="Two.")
    follower.until(lambda: "more//two.md" in held(follower.base))


def test_a_deleted_collection_ends_it_and_stays_deleted(follower: Follower) -> None:
    follower.base.collection.delete()
    follower.join(30)
    assert isinstance(follower.ended_with, CollectionNotFound)
    assert not follower.base.collection.path.exists()


def test_the_lock_is_free_between_updates(follower: Follower, notes: Path) -> None:
    with follower.base.collection.writing(UpdateReport()):
        pass
    write(notes, new="New.")
    follower.until(lambda: "new.md" in held(follower.base))
