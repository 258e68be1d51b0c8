"""Checksums of downloaded files: computed once, remembered beside Pertinent's own cache.

The hub names every file by what it holds: a large one by its SHA-256, a small one by the SHA-1 that
git gives it. Hashing 16 GB takes half a minute, so what was found right is remembered with size and
time of change, and hashed again only when one of them differs.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import get_ident

MAX_RECORD_BYTES = 4 << 20
_SHA256_DIGITS = 64


def content_digest(path: Path, *, like: str) -> str:
    """Digest of a file, of the kind that another one is.

    Parameters
    ----------
    path : Path
        The file.
    like : str
        A digest: 64 digits ask for SHA-256, 40 for git's SHA-1 of a blob.

    Returns
    -------
    str
        Hexadecimal digits.
    """
    with path.open("rb") as file:
        if len(like) == _SHA256_DIGITS:
            return hashlib.file_digest(file, "sha256").hexdigest()
        digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
        return hashlib.file_digest(file, lambda: digest).hexdigest()


@dataclass(slots=True)
class HubRecord:
    """What is known of one repository: the files of each commit, and which contents were found right.

    Parameters
    ----------
    file : Path
        Where it is kept.
    commits : dict[str, dict[str, str]]
        Of each commit that was downloaded: digest by file name.
    checked : dict[str, list[int]]
        Of each content that was found right: its size and its time of change in nanoseconds.
    """

    file: Path
    commits: dict[str, dict[str, str]] = field(default_factory=dict)
    checked: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> HubRecord:
        """Read a record; one that is missing or damaged is an empty one, and files are hashed again."""
        try:
            if file.stat().st_size > MAX_RECORD_BYTES:
                return cls(file)
            content = json.loads(file.read_text("utf-8"))
            commits = {str(c): {str(n): str(d) for n, d in f.items()} for c, f in content["commits"].items()}
            checked = {str(d): [int(s), int(t)] for d, (s, t) in content["checked"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return cls(file)
        return cls(file, commits, checked)

    def is_right(self, path: Path, digest: str) -> bool:
        """Whether a file holds what its digest says; hashed only where that is not remembered."""
        status = path.stat()
        stamp = [status.st_size, status.st_mtime_ns]
        if self.checked.get(digest) == stamp:
            return True
        if content_digest(path, like=digest) != digest:
            self.checked.pop(digest, None)
            return False
        self.checked[digest] = stamp
        return True

    def save(self) -> None:
        """Keep the record; where that is not possible, the next start hashes again."""
        scratch = self.file.with_name(f".{self.file.name}.{os.getpid()}.{get_ident()}.new")
        content = {"commits": self.commits, "checked": self.checked}
        with suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            scratch.write_text(json.dumps(content), "utf-8")
            scratch.replace(self.file)
