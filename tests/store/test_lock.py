from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from pertinent.errors import CollectionLocked, CollectionNotFound, StoreError
from pertinent.store.lock import LOCK_FILE, WriterLock

HOLD = """
import sys, time
from pathlib import Path
from pertinent.store.lock import WriterLock
lock = WriterLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_one_holder_within_a_process(tmp_path):
    with WriterLock(tmp_path), pytest.raises(CollectionLocked, match=f"process {os.getpid()} on .+ since 20"):
        WriterLock(tmp_path)
    WriterLock(tmp_path).release()


def test_release_twice(tmp_path):
    lock = WriterLock(tmp_path)
    lock.release()
    lock.release()
    WriterLock(tmp_path).release()


def test_killed_holder_does_not_block(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CollectionLocked, match=f"process {holder.pid} on"):
            WriterLock(tmp_path)
        holder.send_signal(signal.SIGKILL)
    assert json.loads((tmp_path / LOCK_FILE).read_text())["pid"] == holder.pid
    with WriterLock(tmp_path):
        assert json.loads((tmp_path / LOCK_FILE).read_text())["pid"] == os.getpid()


def test_forked_child_does_not_keep_the_lock(tmp_path):
    lock = WriterLock(tmp_path)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)
        os._exit(0)
    os.close(read)
    lock.release()
    WriterLock(tmp_path).release()
    os.close(write)
    os.waitpid(child, 0)


@pytest.mark.parametrize("content", ["", "no json", "[]", '{"pid": "x"}', "\x00" * 10_000])
def test_unreadable_signature_still_locks(tmp_path, content):
    with WriterLock(tmp_path):
        (tmp_path / LOCK_FILE).write_text(content)
        with pytest.raises(CollectionLocked, match="another process"):
            WriterLock(tmp_path)


def test_no_folder(tmp_path):
    with pytest.raises(CollectionNotFound):
        WriterLock(tmp_path / "gone")


def test_no_permission_is_told(tmp_path, monkeypatch):
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StoreError, match="Permission denied") as caught:
        WriterLock(tmp_path)
    assert "permissions" in caught.value.hint
