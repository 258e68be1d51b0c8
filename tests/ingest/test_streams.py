from __future__ import annotations

import gzip
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import RecordError
from pertinent.ingest.streams import CHUNK_BYTES, ByteChunks, numbered_lines, read_head, read_text


def lines_of(path: Path, limit: int = 1000) -> tuple[list[tuple[int, bytes]], list[str]]:
    errors: list[RecordError] = []
    lines = list(numbered_lines(path, on_broken=errors.append, max_line_bytes=limit))
    return lines, [f"{error.position}: {error.reason}" for error in errors]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_lines_are_numbered_and_bare(tmp_path: Path, pack: object) -> None:
    path = tmp_path / "a"
    path.write_bytes(pack(b"\xef\xbb\xbfone\r\n\ntwo\nlast"))  # type: ignore[operator]
    assert lines_of(path) == ([(1, b"one"), (2, b""), (3, b"two"), (4, b"last")], [])


@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"").replace(b"\r", b"")), min_size=1))
def test_lines_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    path = tmp_path_factory.getbasetemp() / "round"
    path.write_bytes(b"x" + b"\n".join(lines) + b"\n")
    found, errors = lines_of(path)
    assert [line for _, line in found] == [b"x" + lines[0], *lines[1:]]
    assert not errors


def test_overlong_line_is_reported_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one\n" + b"x" * 1001 + b"\nthree\n" + b"y" * 5000)
    lines, reasons = lines_of(path)
    assert lines == [(1, b"one"), (3, b"three")]
    assert reasons == ["line 2: longer than 1,000 bytes", "line 4: longer than 1,000 bytes"]


def test_line_without_end_is_told_when_it_is_too_long() -> None:
    def fail(error: RecordError) -> None:
        raise error

    with pytest.raises(RecordError, match="longer than 1,000 bytes"):
        list(numbered_lines(Path("/dev/zero"), on_broken=fail, max_line_bytes=1000))


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_overlong_line_is_told_once_however_many_chunks_it_takes(tmp_path: Path, parts: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * (parts * CHUNK_BYTES + 5000) + b"\nshort\n" + b"y" * 5000 + b"\nend")
    lines, reasons = lines_of(path)
    assert lines == [(2, b"short"), (4, b"end")]
    assert reasons == ["line 1: longer than 1,000 bytes", "line 3: longer than 1,000 bytes"]


def test_overlong_line_is_never_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(60):
            file.write(b"x" * (1 << 20))
        file.write(b"\nshort\n")
    tracemalloc.start()
    try:
        lines, reasons = lines_of(path, limit=1 << 20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert lines == [(2, b"short")]
    assert len(reasons) == 1
    assert peak < 8 << 20


def test_archive_bomb_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"\0" * (8 << 20)))
    errors: list[RecordError] = []
    chunks = ByteChunks(path, on_broken=errors.append, max_ratio=100, ratio_after=1 << 20)
    given = sum(map(len, chunks))
    assert given < 2 << 20
    assert not chunks.complete
    assert "archive bomb" in errors[0].reason


def test_chunks_are_bounded_whatever_the_ratio(tmp_path: Path) -> None:
    path = tmp_path / "zeros.gz"
    path.write_bytes(gzip.compress(b"\0" * (4 << 20)))
    assert max(map(len, ByteChunks(path, on_broken=pytest.fail))) <= CHUNK_BYTES


def test_truncated_gzip_keeps_the_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    whole = "".join(f"line number {i}\n" for i in range(2000)).encode()
    path.write_bytes(gzip.compress(whole)[:-200])
    lines, reasons = lines_of(path)
    assert 0 < len(lines) < 2000
    assert lines == [(i + 1, f"line number {i}".encode()) for i in range(len(lines))]
    assert len(reasons) == 1
    assert reasons[0].endswith("the gzip data ends too early")


@pytest.mark.parametrize(
    "damage", [b"\x1f\x8b", b"\x1f\x8bgarbage that is no gzip", gzip.compress(b"a\n", mtime=0) + b"tail"]
)
def test_damaged_gzip_is_reported(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(damage)
    _, reasons = lines_of(path)
    assert len(reasons) == 1
    assert "gzip" in reasons[0]


def test_gzip_members_and_padding(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n") + b"\0" * 600_000)
    assert lines_of(path) == ([(1, b"one"), (2, b"two")], [])


def test_gzip_with_wrong_checksum_is_reported(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(b"text\n"))
    data[-8] ^= 1
    path = tmp_path / "a.gz"
    path.write_bytes(data)
    with pytest.raises(zlib.error):
        zlib.decompress(data, 31)
    assert "damaged" in lines_of(path)[1][0]


def test_missing_file_is_reported_not_raised(tmp_path: Path) -> None:
    lines, reasons = lines_of(tmp_path / "none")
    assert lines == []
    assert "cannot be read" in reasons[0]


def test_head_is_decompressed_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"0123456789" * 100_000))
    assert read_head(path, on_broken=pytest.fail, size=10) == b"0123456789"
    assert read_head(tmp_path / "none", on_broken=lambda _: None) is None


@pytest.mark.parametrize(
    ("content", "limit", "reason"),
    [
        (b"caf\xe9", 100, "byte 3: the text is not valid UTF-8"),
        (b" \n\t", 100, "whole file: there is no text"),
        (b"x" * 101, 100, "whole file: larger than 100 bytes"),
    ],
)
def test_unusable_texts(tmp_path: Path, content: bytes, limit: int, reason: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    errors: list[RecordError] = []
    assert read_text(path, on_broken=errors.append, max_bytes=limit) is None
    assert [f"{error.position}: {error.reason}" for error in errors] == [reason]


def test_text_has_one_kind_of_line_end_and_no_mark(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n")
    assert read_text(path, on_broken=pytest.fail) == "a\nb\nc\n"
