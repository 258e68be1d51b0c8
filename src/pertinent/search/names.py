"""What collections are called, and where they lie."""

from __future__ import annotations

import re
from pathlib import Path

from pertinent.errors import CollectionNotFound, StoreError, UsageError
from pertinent.settings import load_settings
from pertinent.store.collection import exists
from pertinent.store.files import disk_faults

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
"""Of a collection; everything else is a path."""


def collection_path(name: str | Path) -> Path:
    """Folder of a collection: a name lies in the data folder, everything else is a path.

    Raises
    ------
    UsageError
        If it is neither a name nor a path.

    Examples
    --------
    >>> collection_path("./notes").name, collection_path("notes").parent.name
    ('notes', 'collections')
    """
    text = str(name)
    if NAME.fullmatch(text):
        return load_settings().collections / text
    if "/" in text or text.startswith("."):
        try:
            return Path(text).expanduser()
        except RuntimeError:
            raise UsageError(
                f"{text!r} lies in the home of a user who does not exist.", hint="Write the path in full."
            ) from None
    raise UsageError(
        f"{text!r} is no name of a collection.",
        hint="Use letters, digits, dots, dashes and underscores, or give a path with a slash.",
    )


def existing_path(name: str | Path) -> Path:
    """Folder of a collection that is there.

    Raises
    ------
    CollectionNotFound
        If there is none of that name.
    UsageError
        If it is neither a name nor a path.
    """
    path = collection_path(name)
    if not exists(path):
        raise CollectionNotFound(
            f"There is no collection {str(name)!r}.",
            hint=f"Make it with: pertinent index {name} PATH... ({names_for_hint()})",
        )
    return path


def collection_names(folder: Path | None = None) -> list[str]:
    """How to call the collections of a folder, in order: by name, or by path where it has none.

    Damaged ones are among them; whether a collection can be used shows when it is opened.

    Parameters
    ----------
    folder : Path | None
        Where they lie; None takes the data folder.

    Raises
    ------
    StoreError
        If the data folder cannot be read.
    """
    folder = load_settings().collections if folder is None else folder
    with disk_faults("Listing the collections"):
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
    # What begins with a dot is a collection that is not finished.
    found = (path for path in paths if not path.name.startswith(".") and _holds_collection(path))
    return [path.name if NAME.fullmatch(path.name) else str(path) for path in found]


def names_for_hint(most: int = 10) -> str:
    """The first collections in a few words, whatever state the data folder is in."""
    try:
        names = collection_names()
    except StoreError:
        return "the data folder cannot be read"
    return f"present: {', '.join(names[:most])}" if names else "none present yet"


def _holds_collection(path: Path) -> bool:
    try:
        return exists(path)
    except StoreError:
        return True  # better shown with its fault than passed over
