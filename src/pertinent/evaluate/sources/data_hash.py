"""What tells two judged sets apart: a hash over all that results depend on."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

from pertinent.evaluate.sources.records import fail_on
from pertinent.ingest.streams import ByteChunks
from pertinent.types import content_hash

VERSION = "1"
"""Of the way that files become tasks; a new one makes all sets other sets."""


def data_hash(layout: str, split: str, files: Mapping[str, Path], *further: str) -> str:
    """Hash of the content of files.

    Gzip is unpacked first, so packing a file again changes nothing; neither does where it lies.

    Parameters
    ----------
    layout, split : str
        How the files are read, and which part of them.
    files : Mapping[str, Path]
        The files, by the part they play.
    *further : str
        What else the task depends on, such as names of files that become ids.

    Raises
    ------
    RecordError
        If a file cannot be read.
    """
    parts = [layout, VERSION, split, *further]
    for part, path in files.items():
        digest = blake2b(digest_size=16)
        for chunk in ByteChunks(path, on_broken=fail_on):
            digest.update(chunk)
        parts += [part, digest.hexdigest()]
    return content_hash(*parts)
