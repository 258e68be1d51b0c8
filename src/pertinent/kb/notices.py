"""What the system says of changes below some folders.

Every folder is watched by itself, and all of them anew when one comes: watching whole trees would follow
symbolic links out of them, and spend watches on what is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from watchfiles import Change
from watchfiles._rust_notify import RustNotify

from pertinent.errors import RecordError, StoreError
from pertinent.kb.walking import entered, is_left_out

SETTLE_MS = 100
"""So long nothing may change before changes are told ..."""

GATHER_MS = 1000
"""... but none waits longer than this."""

_ATTEMPTS = 5


class Notices:
    """Watches folders from the moment it is made.

    Parameters
    ----------
    roots : Sequence[Path]
        The folders; one that is not there is watched when it comes.

    Raises
    ------
    StoreError
        If the system refuses to watch that many folders.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = roots
        self._native, self._identities = self._watch()

    def wait(self, milliseconds: int) -> set[Path] | None:
        """Wait for changes.

        Parameters
        ----------
        milliseconds : int
            How long at most, where there are none.

        Returns
        -------
        set[Path] | None
            Paths that came, changed or went, of files and folders; None where anything may have changed.

        Raises
        ------
        KeyboardInterrupt
            If the user ends it.
        """
        if [_identity(root) for root in self._roots] != self._identities:
            self._renew()
            return None
        try:
            changes = self._native.watch(GATHER_MS, SETTLE_MS, milliseconds, None)
            if changes == "signal":
                raise KeyboardInterrupt
            if isinstance(changes, str):
                return set()
            if any(kind == Change.added and Path(path).is_dir() for kind, path in changes):
                changes |= self._renew()
        except RuntimeError:  # such as a name that is no text; the paths that were told with it are lost
            self._renew()
            return None
        return {path for _, name in changes for path in [Path(name)] if self._is_wanted(path)}

    def close(self) -> None:
        """Watch no more; twice is harmless."""
        self._native.close()

    def _renew(self) -> set[tuple[int, str]]:
        """Watch the folders as they are now; returns what changed until then."""
        before = self._native
        self._native, self._identities = self._watch()
        try:
            last = before.watch(1, 1, 1, None)
        except RuntimeError:
            last = set()
        finally:
            before.close()
        return last if isinstance(last, set) else set()

    def _watch(self) -> tuple[RustNotify, list[tuple[int, int] | None]]:
        for _ in range(_ATTEMPTS):
            identities = [_identity(root) for root in self._roots]
            present = [root for root, identity in zip(self._roots, identities, strict=True) if identity]
            folders = [str(folder) for root in present for folder, _, _ in entered(root, _ignore)]
            try:
                return RustNotify(folders, False, False, 0, False, True), identities
            except FileNotFoundError:
                continue  # one of them went meanwhile
            except OSError as error:
                raise StoreError(
                    f"The system refuses to watch {len(folders):,} folders ({error.strerror or error}).",
                    hint="Raise fs.inotify.max_user_watches (sysctl), or run: pertinent kb add NAME.",
                ) from None
        raise StoreError(
            "Folders came and went while they were to be watched.",
            hint="Try again when less is being changed.",
        )

    def _is_wanted(self, path: Path) -> bool:
        for root in self._roots:
            if path.is_relative_to(root):
                return not any(map(is_left_out, path.relative_to(root).parts))
        return False

    def __enter__(self) -> Notices:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _ignore(error: RecordError) -> None:
    """The update tells what cannot be read."""


def _identity(root: Path) -> tuple[int, int] | None:
    """What another folder in the same place would not share; None where there is none."""
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
