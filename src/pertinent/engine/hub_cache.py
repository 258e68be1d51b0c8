"""The cache that Hugging Face's tools share, read without their library.

::

    models--ORG--NAME/
        refs/BRANCH                commit that the branch had when it was last asked for
        blobs/DIGEST               content: SHA-256 of large files, git's SHA-1 of small ones
        snapshots/COMMIT/FILE      link to ../../blobs/DIGEST

Reading it here keeps `pertinent models` fast, and finds what other tools have downloaded.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

CONFIG_FILE = "config.json"
TOKENIZER_FILE = "tokenizer.json"
WEIGHTS_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"

NEEDED_FILES = (CONFIG_FILE, TOKENIZER_FILE)
OPTIONAL_FILES = ("tokenizer_config.json", "chat_template.jinja")

MAIN = "main"
"""The branch that a name without a revision means."""

MAX_INDEX_BYTES = 64 << 20
MAX_SHARDS = 1000

COMMIT = re.compile(r"[0-9a-f]{40}")
DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHARD = re.compile(r"[A-Za-z0-9][\w.-]*\.safetensors")


def shared_cache() -> Path:
    """Folder of the shared cache, by the variables that Hugging Face's tools read.

    ``HF_HUB_CACHE``, else ``HF_HOME/hub``, else ``XDG_CACHE_HOME/huggingface/hub``, else under ``~/.cache``.
    """
    explicit = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    home = os.environ.get("HF_HOME")
    if not explicit and not home:
        # expanduser leaves a ~ that has no meaning; Path.home would raise
        home = os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")  # noqa: PTH118
    folder = explicit or os.path.join(str(home), "hub")  # noqa: PTH118
    return Path(os.path.expandvars(os.path.expanduser(folder)))  # noqa: PTH111


@dataclass(frozen=True, slots=True)
class Repository:
    """The cached part of one repository.

    Parameters
    ----------
    name : str
        ``"org/name"``.
    cache : Path
        The shared cache.

    Examples
    --------
    >>> Repository("Qwen/Qwen3-Reranker-0.6B", Path("hub")).folder.as_posix()
    'hub/models--Qwen--Qwen3-Reranker-0.6B'
    """

    name: str
    cache: Path

    @property
    def folder(self) -> Path:
        """Folder of everything that is cached of it."""
        return self.cache / self._key

    def snapshot(self, commit: str) -> Path:
        """Folder of the files of one commit."""
        return self.folder / "snapshots" / commit

    def blob(self, digest: str) -> Path:
        """File of one content."""
        return self.folder / "blobs" / digest

    def lock(self, digest: str) -> Path:
        """Lock file of one content; other tools take the same."""
        return self.cache / ".locks" / self._key / f"{digest}.lock"

    def reference(self, revision: str) -> Path:
        """File that holds the commit of a branch or tag."""
        return self.folder / "refs" / revision

    def commit(self, revision: str) -> str | None:
        """Commit that a revision had when it was last asked for; None where that is not known."""
        if COMMIT.fullmatch(revision):
            return revision
        try:
            commit = self.reference(revision).read_text("utf-8").strip()
        except (OSError, ValueError):
            return None
        return commit if COMMIT.fullmatch(commit) else None

    @property
    def _key(self) -> str:
        return "--".join(("models", *self.name.split("/")))


def shard_names(index: Path) -> tuple[str, ...]:
    """Weight files that an index names, sorted; empty where it cannot be read or names anything else."""
    try:
        if index.stat().st_size > MAX_INDEX_BYTES:
            return ()
        placed = json.loads(index.read_text("utf-8"))["weight_map"]
        names = sorted({str(name) for name in placed.values()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ()
    plain = len(names) <= MAX_SHARDS and all(_SHARD.fullmatch(name) for name in names)
    return tuple(names) if plain else ()


def missing_files(folder: Path) -> tuple[str, ...]:
    """What a folder lacks to be a model that can be loaded; empty where it lacks nothing."""
    lacking = [name for name in NEEDED_FILES if not (folder / name).is_file()]
    if not (folder / INDEX_FILE).is_file():
        return (*lacking, *(() if (folder / WEIGHTS_FILE).is_file() else (WEIGHTS_FILE,)))
    shards = shard_names(folder / INDEX_FILE)
    if not shards:
        return (*lacking, "the weights that its index names")
    return (*lacking, *(name for name in shards if not (folder / name).is_file()))


def model_files(folder: Path) -> tuple[str, ...]:
    """Names of the files in a folder that Pertinent reads."""
    index = folder / INDEX_FILE
    weights = (INDEX_FILE, *shard_names(index)) if index.is_file() else (WEIGHTS_FILE,)
    return tuple(name for name in (*NEEDED_FILES, *OPTIONAL_FILES, *weights) if (folder / name).is_file())


def size_on_disk(folder: Path) -> int:
    """Bytes of the files in a folder that Pertinent reads."""
    return sum((folder / name).stat().st_size for name in model_files(folder))
