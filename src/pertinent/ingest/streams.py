"""Bytes, lines and whole texts from files, plain or gzip, with every size bounded.

Nothing here raises for what a file holds: faults go to ``on_broken`` and the stream ends.
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pertinent.errors import RecordError
from pertinent.ingest.protocol import OnBroken

CHUNK_BYTES = 1 << 18
HEAD_BYTES = 1 << 16
MAX_LINE_BYTES = 16 << 20
MAX_TEXT_BYTES = 64 << 20
MAX_GZIP_RATIO = 250
RATIO_COUNTS_AFTER = 64 << 20
"""Small files may well shrink 250 times; an archive bomb shows itself in what comes after."""

GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class ByteChunks:
    """The content of a file in chunks, decompressed where it is gzip (told by content, not by name).

    Parameters
    ----------
    path : Path
        The file.
    on_broken : Callable[[RecordError], None]
        Told when the file cannot be read on.
    max_ratio : int
        How many times its compressed size the content may have, once it is larger than ``ratio_after``.
    ratio_after : int
        Bytes of content from which ``max_ratio`` counts.

    Attributes
    ----------
    complete : bool
        After iteration: whether the end was reached without a fault.
    """

    def __init__(
        self,
        path: Path,
        *,
        on_broken: OnBroken,
        max_ratio: int = MAX_GZIP_RATIO,
        ratio_after: int = RATIO_COUNTS_AFTER,
    ) -> None:
        self._path = path
        self._on_broken = on_broken
        self._max_ratio = max_ratio
        self._ratio_after = ratio_after
        self._given = 0
        self.complete = False

    def __iter__(self) -> Iterator[bytes]:
        fault = ""
        try:
            with self._path.open("rb") as file:
                zipped = file.read(2) == GZIP_MAGIC
                file.seek(0)
                for chunk in self._unzip(file) if zipped else iter(lambda: file.read(CHUNK_BYTES), b""):
                    self._given += len(chunk)
                    yield chunk
        except OSError as error:
            fault = f"the file cannot be read ({error.strerror or type(error).__name__})"
        except _GzipError as error:
            fault = str(error)
        if fault:
            self._on_broken(RecordError(fault, source=str(self._path), position=f"byte {self._given}"))
        self.complete = not fault

    def _unzip(self, file: BinaryIO) -> Iterator[bytes]:
        member = zlib.decompressobj(_GZIP_WINDOW)
        taken = given = 0
        while packed := file.read(CHUNK_BYTES):
            taken += len(packed)
            while packed:
                if member.eof:  # several members may follow each other, then only zeros
                    packed = packed.lstrip(b"\0")
                    if not packed:
                        break
                    member = zlib.decompressobj(_GZIP_WINDOW)
                try:
                    chunk = member.decompress(packed, CHUNK_BYTES)
                except zlib.error:
                    raise _GzipError("the gzip data is damaged") from None
                packed = member.unused_data if member.eof else member.unconsumed_tail
                given += len(chunk)
                if given > self._ratio_after and given > taken * self._max_ratio:
                    raise _GzipError(
                        f"the gzip data grows more than {self._max_ratio} times, like an archive bomb"
                    )
                if chunk:
                    yield chunk
        if not member.eof:
            raise _GzipError("the gzip data ends too early")


class _GzipError(Exception):
    """Why decompression stopped."""


def read_head(path: Path, *, on_broken: OnBroken, size: int = HEAD_BYTES) -> bytes | None:
    """First bytes of the content, decompressed; None (and a report) where the file cannot be read."""
    chunks = ByteChunks(path, on_broken=on_broken)
    head = bytearray()
    for chunk in chunks:
        head += chunk
        if len(head) >= size:
            return bytes(head[:size])
    return bytes(head) if chunks.complete or head else None


def numbered_lines(
    path: Path, *, on_broken: OnBroken, max_line_bytes: int = MAX_LINE_BYTES
) -> Iterator[tuple[int, bytes]]:
    """Lines of a file with their numbers from 1, without line ends and without a byte order mark.

    A line over ``max_line_bytes`` is reported and skipped, and never held in memory as a whole.

    Parameters
    ----------
    path : Path
        The file, plain or gzip.
    on_broken : Callable[[RecordError], None]
        Told of overlong lines and of a file that cannot be read on.
    max_line_bytes : int
        Longest line that is given.
    """
    chunks = ByteChunks(path, on_broken=on_broken)
    number = 1
    rest = b""
    overlong = False
    for chunk in chunks:
        *ended, tail = chunk.split(b"\n")
        for piece in ended:
            line = rest + piece
            rest = b""
            if overlong:  # told already
                overlong = False
            elif len(line) > max_line_bytes:
                on_broken(_overlong(path, number, max_line_bytes))
            else:
                yield number, _trimmed(number, line)
            number += 1
        # Joining pieces of a long line chunk by chunk is quadratic only up to max_line_bytes.
        rest = b"" if overlong else rest + tail
        if len(rest) > max_line_bytes:
            rest, overlong = b"", True
            on_broken(_overlong(path, number, max_line_bytes))  # now: the line may have no end
    if rest and chunks.complete:  # of a damaged file the last line is half a line
        yield number, _trimmed(number, rest)


def _trimmed(number: int, line: bytes) -> bytes:
    return (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).removesuffix(b"\r")


def _overlong(path: Path, number: int, limit: int) -> RecordError:
    return RecordError(f"longer than {limit:,} bytes", source=str(path), position=f"line {number}")


def read_bytes(path: Path, *, on_broken: OnBroken, max_bytes: int) -> bytes | None:
    """Whole content of a file, plain or gzip; None (and a report) where it cannot be read or is too large.

    Parameters
    ----------
    path : Path
        The file.
    on_broken : Callable[[RecordError], None]
        Told why there is nothing.
    max_bytes : int
        Largest content that is read.
    """
    chunks = ByteChunks(path, on_broken=on_broken)
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > max_bytes:
            on_broken(
                RecordError(f"larger than {max_bytes:,} bytes", source=str(path), position="whole file")
            )
            return None
    return bytes(data) if chunks.complete else None


def read_text(path: Path, *, on_broken: OnBroken, max_bytes: int = MAX_TEXT_BYTES) -> str | None:
    r"""Whole text of a UTF-8 file with ``\n`` line ends; None (and a report) where there is none.

    Parameters
    ----------
    path : Path
        The file, plain or gzip.
    on_broken : Callable[[RecordError], None]
        Told if the file cannot be read, is too large, is not UTF-8 or holds only white space.
    max_bytes : int
        Largest content that is read.
    """
    data = read_bytes(path, on_broken=on_broken, max_bytes=max_bytes)
    if data is None:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        on_broken(
            RecordError("the text is not valid UTF-8", source=str(path), position=f"byte {error.start}")
        )
        return None
    if not text.strip():
        on_broken(RecordError("there is no text", source=str(path), position="whole file"))
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")
