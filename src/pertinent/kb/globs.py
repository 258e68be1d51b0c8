"""Which files of a folder a user wants, by patterns as shells have them."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import PurePath

from pertinent.errors import UsageError

MAX_GLOBS = 100
MAX_GLOB_LENGTH = 200
MAX_DEEP = 4
"""``**`` in one pattern; every further one multiplies the ways to try."""

_DEEP = "**"


def check_globs(globs: Sequence[str]) -> tuple[str, ...]:
    """Patterns, each in one form.

    Raises
    ------
    UsageError
        If a pattern can match nothing, or there are too many or too long ones.

    Examples
    --------
    >>> check_globs(["*.md", "./docs/", "docs/**/api/*"])
    ('*.md', 'docs/**', 'docs/**/api/*')
    """
    if len(globs) > MAX_GLOBS:
        raise UsageError(f"{len(globs)} patterns were given.", hint=f"Give at most {MAX_GLOBS}.")
    return tuple(dict.fromkeys(_checked(glob) for glob in globs))


def matches(place: PurePath, globs: Sequence[str]) -> bool:
    """Whether a path below a folder matches one of the patterns; without any, every path does.

    A pattern without a slash is one for the file's name, wherever it lies; one with a slash is for the whole
    path, in which ``**`` stands for any number of folders.

    Examples
    --------
    >>> [matches(PurePath("docs/old/a.md"), [glob]) for glob in ("*.md", "docs/*.md", "docs/**/*.md")]
    [True, False, True]
    """
    return not globs or any(_matches(place.parts, _parts(glob)) for glob in globs)


def _parts(glob: str) -> tuple[str, ...]:
    return tuple(glob.split("/")) if "/" in glob else (_DEEP, glob)


def _matches(parts: tuple[str, ...], glob: tuple[str, ...]) -> bool:
    if not glob:
        return not parts
    if glob[0] != _DEEP:
        return bool(parts) and fnmatchcase(parts[0], glob[0]) and _matches(parts[1:], glob[1:])
    if len(glob) == 1:
        return bool(parts)
    return any(_matches(parts[skipped:], glob[1:]) for skipped in range(len(parts) + 1))


def _checked(glob: str) -> str:
    plain = glob.removeprefix("./")
    if plain.endswith("/"):
        plain += _DEEP
    parts = plain.split("/")
    if (
        not plain
        or len(plain) > MAX_GLOB_LENGTH
        or not plain.isprintable()
        or parts.count(_DEEP) > MAX_DEEP
        or {"", ".", ".."} & set(parts)
    ):
        raise UsageError(
            f"{glob[:MAX_GLOB_LENGTH]!r} is no pattern of files below the folder.",
            hint="Give one such as *.md, docs/*.html or docs/**.",
        )
    return plain
