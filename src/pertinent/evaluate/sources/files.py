"""Finding the files of a judged set, each of which may be gzip."""

from __future__ import annotations

import os
from pathlib import Path

from pertinent.errors import DataError
from pertinent.ingest.naming import suffix

MAX_FILES = 10_000


def find_file(folder: Path, name: str) -> Path | None:
    """The file of this name, or the same with ``.gz``; None where neither is there."""
    paths = (folder / f"{name}{ending}" for ending in ("", ".gz"))
    # Unlike Path.is_file, this is False and not an error where nobody may look.
    return next((path for path in paths if os.path.isfile(path)), None)  # noqa: PTH113


def needed_file(folder: Path, name: str, layout: str) -> Path:
    """A file that must be there, plain or gzip.

    Raises
    ------
    DataError
        If it is not.
    """
    path = find_file(folder, name)
    if path is None:
        raise DataError(f"{folder} has no {name}.", hint=f"It should be a {layout}.")
    return path


def stem(path: Path) -> str:
    """The name without its ending and without ``.gz``; as it becomes an id, ``_`` stands for white space.

    Examples
    --------
    >>> stem(Path("qrels/test.tsv.gz")), stem(Path("my chat.json"))
    ('test', 'my_chat')
    """
    name = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
    return "_".join(Path(name).stem.split())


def files_of(place: Path, *suffixes: str) -> list[Path]:
    """Files of a folder, or the file itself, that end so with ``.gz`` set aside, sorted by name.

    Of a plain file and the same with ``.gz`` only the plain one.

    Raises
    ------
    DataError
        If the folder cannot be read, or has more than :data:`MAX_FILES`.
    """
    found: dict[str, Path] = {}
    try:
        for number, path in enumerate(place.iterdir() if place.is_dir() else [place]):
            if number == MAX_FILES:
                raise DataError(f"{place} has more than {MAX_FILES:,} files.", hint="Give a smaller folder.")
            if suffix(path) in suffixes and not path.name.startswith(".") and path.is_file():
                name = path.name.removesuffix(".gz")
                if name not in found or path.name == name:
                    found[name] = path
    except OSError as error:
        raise DataError(
            f"{place} cannot be read ({error.strerror or type(error).__name__}).",
            hint="Give a folder that you may read.",
        ) from None
    return [found[name] for name in sorted(found)]


def split_files(folder: Path) -> dict[str, Path]:
    """Judgement files of the folder ``qrels``, by split."""
    return {stem(path): path for path in files_of(folder / "qrels", ".tsv", ".txt")}
