"""A part of the file system: some paths and all that lies below them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class Part:
    """Some paths and all below them.

    Parameters
    ----------
    paths : Iterable[Path] | None
        Absolute paths; None stands for everything.

    Examples
    --------
    >>> part = Part([Path("/notes/old")])
    >>> part.holds(Path("/notes/old/a.md")), part.holds(Path("/notes/a.md")), part.leads_to(Path("/notes"))
    (True, False, True)
    """

    def __init__(self, paths: Iterable[Path] | None = None) -> None:
        self.paths = None if paths is None else frozenset(paths)
        self._above = frozenset(above for path in self.paths or () for above in path.parents)

    def holds(self, path: Path) -> bool:
        """Whether the path belongs to the part."""
        return self.paths is None or not self.paths.isdisjoint((path, *path.parents))

    def leads_to(self, folder: Path) -> bool:
        """Whether something below the folder can belong to the part."""
        return folder in self._above or self.holds(folder)


EVERYTHING = Part()
