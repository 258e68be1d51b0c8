"""Downloading the files of a model: gone on with after an interruption, and checked before they count.

The library's own download starts a file anew in every process; ours keeps the part that has arrived
under the content's digest, goes on from there with an HTTP range, and moves it into the shared
cache only when the digest is right. Requests, tokens and redirects are the library's.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import get_ident
from typing import Any

from pertinent.engine.hub_cache import (
    INDEX_FILE,
    MAX_SHARDS,
    NEEDED_FILES,
    OPTIONAL_FILES,
    WEIGHTS_FILE,
    Repository,
    shard_names,
)
from pertinent.engine.hub_checks import HubRecord
from pertinent.engine.hub_faults import hub_endpoint, hub_faults
from pertinent.engine.hub_listing import LIBRARY, STRANGE, Listing, RemoteFile
from pertinent.errors import FetchError
from pertinent.types import Progress

MAX_TOTAL_BYTES = 500 * 10**9
"""All files of one model."""

SPARE_BYTES = 64 << 20
"""Disk space that a download leaves free."""


def download(repository: Repository, listing: Listing, record: HubRecord, progress: Progress | None) -> None:
    """Bring the files of a listing that a model needs into the shared cache and link them into its snapshot.

    Files that are there already are not asked for; one that is there in part is continued.

    Parameters
    ----------
    repository, listing
        What to download.
    record : HubRecord
        Told which files the commit has and that they are right.
    progress : Callable[[int, int], None] | None
        Called with bytes that are here and bytes in all.

    Raises
    ------
    FetchError
        If something needed is not in the repository, the disk has no room, a transfer fails or a
        file is not what the hub says it is.
    """
    with hub_faults(repository.name, listing.commit):
        wanted = _wanted(repository, listing, record)
        folder = repository.snapshot(listing.commit)
        absent = [
            file
            for file in wanted
            if not repository.blob(file.digest).exists() and not (folder / file.name).exists()
        ]
        here = {file.digest: _arrived(repository, file) for file in absent}
        total = sum({file.digest: file.size for file in absent}.values())
        _check_space(repository, total - sum(here.values()))
        for file in absent:

            def report(size: int, digest: str = file.digest) -> None:
                here[digest] = size
                if progress is not None:
                    progress(sum(here.values()), total)

            _fetch(repository, listing.commit, file, record, report)
        for file in wanted:
            _link(repository.blob(file.digest), folder / file.name)
    record.commits[listing.commit] = {file.name: file.digest for file in wanted}


def remember_reference(repository: Repository, revision: str, commit: str) -> None:
    """Write down which commit a branch or tag has now, where the library looks for it."""
    if revision == commit or repository.commit(revision) == commit:
        return
    with hub_faults(repository.name, revision):
        file = repository.reference(revision)
        file.parent.mkdir(parents=True, exist_ok=True)
        scratch = file.with_name(f"{file.name}.{os.getpid()}.{get_ident()}.tmp")
        scratch.write_text(commit, "utf-8")
        scratch.replace(file)


def _wanted(repository: Repository, listing: Listing, record: HubRecord) -> list[RemoteFile]:
    """Files of the model: the index, where there is one, says which of the weights belong to it."""
    files = listing.files
    names = [name for name in (*NEEDED_FILES, *OPTIONAL_FILES) if name in files]
    weights: tuple[str, ...] = (WEIGHTS_FILE,)
    if INDEX_FILE in files:
        index = files[INDEX_FILE]
        if not repository.blob(index.digest).exists():
            _fetch(repository, listing.commit, index, record, lambda _: None)
        weights = shard_names(repository.blob(index.digest))
        if not weights:
            raise FetchError(
                f"{INDEX_FILE} of {repository.name} names no weights beside it, or more than {MAX_SHARDS}.",
                hint=STRANGE,
            )
        names.append(INDEX_FILE)
    names += weights
    if lacking := [name for name in (*NEEDED_FILES, *weights) if name not in files]:
        raise FetchError(
            f"{repository.name} has no {lacking[0]}.",
            hint="Pertinent reads models that were published as safetensors with a tokenizer.json; "
            "look for such a version of it.",
        )
    if sum(files[name].size for name in names) > MAX_TOTAL_BYTES:
        raise FetchError(f"{repository.name} is larger than {MAX_TOTAL_BYTES:,} bytes.", hint=STRANGE)
    return [files[name] for name in names]


def _partial(repository: Repository, file: RemoteFile) -> Path:
    return repository.blob(f"{file.digest}.incomplete")


def _arrived(repository: Repository, file: RemoteFile) -> int:
    """Bytes of a file that an earlier try has left; a part that is too long is thrown away."""
    part = _partial(repository, file)
    size = part.stat().st_size if part.exists() else 0
    if size <= file.size:
        return size
    part.unlink()
    return 0


def _check_space(repository: Repository, needed: int) -> None:
    repository.blob("").mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(repository.folder).free
    if needed + SPARE_BYTES > free:
        raise FetchError(
            f"{repository.name} needs {needed / 1e9:.1f} GB more, and the disk has {free / 1e9:.1f} GB free.",
            hint="Free some space, or set HF_HOME to a folder on another disk.",
        )


def _fetch(
    repository: Repository, commit: str, file: RemoteFile, record: HubRecord, report: Callable[[int], None]
) -> None:
    """Download one file, or what is lacking of it; only right content gets its place."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import (  # type: ignore[attr-defined] # public, but not in __all__
        WeakFileLock,
        build_hf_headers,
    )

    blob, part, lock = repository.blob(file.digest), _partial(repository, file), repository.lock(file.digest)
    for place in (blob, lock):
        place.parent.mkdir(parents=True, exist_ok=True)
    with WeakFileLock(lock):
        if blob.exists():
            return
        with part.open("ab") as target:
            http_get(
                hf_hub_url(repository.name, file.name, revision=commit, endpoint=hub_endpoint()),
                target,
                resume_size=_arrived(repository, file),
                # sizes and ranges are of the file itself, not of a compressed form of it
                headers={**build_hf_headers(library_name=LIBRARY), "Accept-Encoding": "identity"},
                expected_size=file.size,
                tqdm_class=_meter(repository.name, file, report),
            )
            os.fsync(target.fileno())
        if not record.is_right(part, file.digest):
            part.unlink()
            raise FetchError(
                f"{file.name} of {repository.name} arrived damaged: its checksum is not the hub's.",
                hint="It was thrown away; try again. If it happens again, a proxy may be changing downloads.",
            )
        part.replace(blob)


def _meter(repository: str, file: RemoteFile, report: Callable[[int], None]) -> Any:
    """A stand-in for the library's progress bar: it prints nothing, and stops what does not end."""

    class Meter:
        def __init__(self, *_: object, initial: int = 0, **__: object) -> None:
            self.here = initial
            report(self.here)

        def __enter__(self) -> Meter:
            return self

        def __exit__(self, *_: object) -> None:
            return

        def update(self, count: int) -> None:
            self.here += count
            if self.here > file.size:
                raise FetchError(f"{file.name} of {repository} is longer than the hub says.", hint=STRANGE)
            report(self.here)

    return Meter


def _link(blob: Path, place: Path) -> None:
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = place.with_name(f".{place.name}.{os.getpid()}.{get_ident()}.new")
    try:
        scratch.symlink_to(os.path.relpath(blob, place.parent))
    except OSError:
        shutil.copyfile(blob, scratch)  # a file system without links
    scratch.replace(place)
