"""Finding the files of a judged set, each of which may be gzip."""

from __future__ import annotations

from pathlib import Path

from pertinent.errors import DataError
from pertinent.ingest.naming import suffix

MAX_FILES = 10_000


def find_file(folder: Path, *names: str) -> Path | None:
    """The first of these files that is there; a plain one comes before the same with ``.gz``."""
    candidates = (folder / f"{name}{ending}" for name in names for ending in ("", ".gz"))
    return next((path for path in candidates if path.is_file()), None)


def stem(path: Path) -> str:
    """The name without its ending and without ``.gz``.

    Examples
    --------
    >>> stem(Path("qrels/test.tsv.gz"))
    'test'
    """
    name = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
    return Path(name).stem


def files_of(folder: Path, *suffixes: str) -> list[Path]:
    """Files of a folder that end so, ``.gz`` set aside, by name; of a plain and a packed one the plain.

    Raises
    ------
    DataError
        If the folder cannot be read, or has more than :data:`MAX_FILES`.
    """
    found: dict[str, Path] = {}
    try:
        for number, path in enumerate(folder.iterdir()):
            if number == MAX_FILES:
                raise DataError(f"{folder} has more than {MAX_FILES:,} files.", hint="Give a smaller folder.")
            if suffix(path) in suffixes and not path.name.startswith(".") and path.is_file():
                name = path.name.removesuffix(".gz")
                if name not in found or path.name == name:
                    found[name] = path
    except OSError as error:
        raise DataError(
            f"{folder} cannot be read ({error.strerror or type(error).__name__}).",
            hint="Give a folder that you may read.",
        ) from None
    return [found[name] for name in sorted(found)]


def split_files(folder: Path) -> dict[str, Path]:
    """Judgement files of the folder ``qrels``, by split."""
    return {stem(path): path for path in files_of(folder / "qrels", ".tsv", ".txt")}
