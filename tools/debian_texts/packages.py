"""Documents out of Debian packages that the user's own apt fetches; nothing is installed or run."""

from __future__ import annotations

import subprocess
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import unquote

from pertinent.errors import DataError
from pertinent.ingest.streams import CHUNK_BYTES, GZIP_MAGIC

MOST_ARCHIVE_BYTES = 400 << 20
MOST_FILE_BYTES = 64 << 20
MOST_BYTES = 256 << 20
"""Of all documents of one package."""
MOST_FILES = 100_000
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


def fetch(package: str, cache: Path) -> Path:
    """The archive of a package: what lies in the cache, or what ``apt-get download`` gets.

    Raises
    ------
    DataError
        If apt cannot get it, or it is too large.
    """
    cache.mkdir(parents=True, exist_ok=True)
    if not list(cache.glob(f"{package}_*.deb")):
        try:
            subprocess.run(["apt-get", "download", package], cwd=cache, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            raise DataError(
                f"apt cannot download {package}.", hint="Run this on Debian, after apt-get update."
            ) from None
    archive = max(cache.glob(f"{package}_*.deb"))
    if archive.stat().st_size > MOST_ARCHIVE_BYTES:
        raise DataError(f"{archive} is too large.", hint="Take the package out of the list.")
    return archive


def version(archive: Path) -> str:
    """The version in the name that apt gives an archive.

    Examples
    --------
    >>> version(Path("dict-wn_1%3a3.0-37_all.deb"))
    '1:3.0-37'
    """
    return unquote(archive.name.split("_")[1])


def files(archive: Path, wanted: Sequence[str], unwanted: Sequence[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Files whose paths match a pattern, decompressed where they are gzip, in the order of the archive.

    The archive is read as a stream: nothing of it comes on the disk, and no path of it is followed. A file
    longer than ``MOST_FILE_BYTES`` is cut there.

    Raises
    ------
    DataError
        If the archive cannot be read, or holds more than is bearable.
    """
    total = 0
    with _unpacked(archive) as tar:
        for number, member in enumerate(tar):
            path = member.name.removeprefix("./")
            if number > MOST_FILES:
                raise DataError(f"{archive} holds too many files.", hint="Take the package out of the list.")
            if not member.isfile() or not _matches(path, wanted) or _matches(path, unwanted):
                continue
            file = tar.extractfile(member)
            content = _content(file.read(MOST_FILE_BYTES)) if file else b""
            total += len(content)
            if total > MOST_BYTES:
                raise DataError(f"{archive} holds too much.", hint="Name fewer documents of the package.")
            yield path, content


@contextmanager
def _unpacked(archive: Path) -> Iterator[tarfile.TarFile]:
    try:
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as unpacking:
            try:
                with tarfile.open(fileobj=unpacking.stdout, mode="r|") as tar:
                    yield tar
                # What comes of a damaged archive may end where a whole one could; dpkg-deb knows.
                while unpacking.stdout and unpacking.stdout.read(CHUNK_BYTES):
                    pass
                if unpacking.wait():
                    raise tarfile.ReadError
            finally:
                unpacking.kill()
    except (OSError, tarfile.TarError):
        raise DataError(f"{archive} cannot be read.", hint="Delete it and run this again.") from None


def _matches(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def _content(raw: bytes) -> bytes:
    if not raw.startswith(GZIP_MAGIC):
        return raw
    try:
        return zlib.decompressobj(_GZIP_WINDOW).decompress(raw, MOST_FILE_BYTES)
    except zlib.error:
        return b""
