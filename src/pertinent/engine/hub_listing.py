"""What a hub says a repository holds: commit, names, sizes and checksums, each checked before it is used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pertinent.engine.hub_cache import (
    COMMIT,
    DIGEST,
    INDEX_FILE,
    NEEDED_FILES,
    OPTIONAL_FILES,
    Repository,
)
from pertinent.engine.hub_faults import hub_endpoint, hub_faults, not_a_hub
from pertinent.errors import FetchError

MAX_LISTED = 10_000
"""Files of a repository, whether we need them or not."""

MAX_FILE_BYTES = 50 * 10**9
"""One weights file; the hub serves no larger one over plain HTTP."""

MAX_SMALL_BYTES = 256 << 20
"""A file that is not weights."""

ASK_SECONDS = 10.0
"""How long each step of asking may take: connecting, sending, waiting for more of the answer."""

LIBRARY = "pertinent"
"""How requests name the program that sends them."""

STRANGE = "Its files are not used. Check HF_ENDPOINT and the model's page."

_SMALL = (*NEEDED_FILES, *OPTIONAL_FILES, INDEX_FILE)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as the hub states it: its name, its size in bytes, its digest (SHA-256, or git's SHA-1)."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A commit and those of its files that Pertinent may need, by name."""

    commit: str
    files: dict[str, RemoteFile]


def read_listing(repository: Repository, revision: str) -> Listing:
    """Ask the hub what a revision holds.

    Raises
    ------
    FetchError
        If the hub has no such model or revision, does not open it, or answers with what no hub
        should: too many files, or names that lead out of the folder. ``HubUnreachable`` if it does
        not answer at all.
    """
    from huggingface_hub import HfApi

    with hub_faults(repository.name, revision):
        api = HfApi(endpoint=hub_endpoint(), library_name=LIBRARY)
        try:
            found = api.model_info(
                repository.name, revision=revision, files_metadata=True, timeout=ASK_SECONDS
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, OSError | UnicodeEncodeError):  # a refusal, or a token that cannot be sent
                raise
            raise not_a_hub(error) from None
    commit, siblings = str(found.sha), found.siblings or []
    if not COMMIT.fullmatch(commit):
        raise not_a_hub(ValueError())
    if len(siblings) > MAX_LISTED:
        raise FetchError(f"{repository.name} lists more than {MAX_LISTED:,} files.", hint=STRANGE)
    files = {}
    for sibling in siblings:
        name = str(sibling.rfilename)
        _refuse_path_tricks(repository.name, name)
        if name in _SMALL or ("/" not in name and name.endswith(".safetensors")):
            large = sibling.lfs
            size, digest = (large.size, large.sha256) if large else (sibling.size, sibling.blob_id)
            files[name] = _checked(repository.name, name, size, digest)
    return Listing(commit, files)


def _refuse_path_tricks(repository: str, name: str) -> None:
    parts = PurePosixPath(name).parts
    if not name or name.startswith("/") or ".." in parts or re.search(r"[\\\x00-\x1f]", name):
        raise FetchError(f"{repository} lists a file whose name leads out of its folder.", hint=STRANGE)


def _checked(repository: str, name: str, size: Any, digest: Any) -> RemoteFile:
    if not isinstance(size, int) or not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise FetchError(f"{repository} states neither size nor checksum of {name}.", hint=STRANGE)
    if not 0 <= size <= (MAX_FILE_BYTES if name.endswith(".safetensors") else MAX_SMALL_BYTES):
        raise FetchError(f"{name} of {repository} is too large ({size:,} bytes).", hint=STRANGE)
    return RemoteFile(name, size, digest)
