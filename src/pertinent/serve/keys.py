"""API keys: who may ask for what.

A key is 256 random bits, shown once when it is made; the file keeps its SHA-256. So much randomness needs no
slow hash: there is no guessing it, and no word list holds it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pertinent.errors import DataError, UsageError

KEYS_FILE = "keys.json"
MARK = "pt_"
"""Before every key, so that scanners for leaked secrets know one."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_SCOPE = re.compile(r"rerank|admin|search:(\*|[A-Za-z0-9][A-Za-z0-9_.-]{0,99})")


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key.

    Parameters
    ----------
    id : str
        First digits of its hash: names it in lists and logs.
    name : str
        Whose it is.
    scopes : tuple[str, ...]
        ``rerank`` (reranking and embedding), ``search:COLLECTION`` (``search:*`` for all), ``admin`` (all
        of these, and metrics).
    sha256 : str
        Hash of the key.
    made : str
        When, in UTC.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    sha256: str
    made: str

    def may(self, scope: str) -> bool:
        """Whether it opens a scope.

        Examples
        --------
        >>> key = Key("0", "ward", ("search:*",), "", "")
        >>> key.may("search:notes"), key.may("rerank")
        (True, False)
        """
        wide = "search:*" if scope.startswith("search:") else scope
        return bool({"admin", scope, wide} & set(self.scopes))


class KeyFile:
    """The keys of a server, in one file that only its owner may read.

    Parameters
    ----------
    path : Path
        Where it is; it need not exist.

    Raises
    ------
    DataError
        At every use, if the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_at: tuple[int, int, int] | None = None
        self._keys: dict[str, Key] = {}

    def all(self) -> list[Key]:
        """All keys, in the order they were made."""
        return list(self._current().values())

    def find(self, secret: str) -> Key | None:
        """The key with that secret; what was revoked a moment ago is not found any more."""
        # Hashes are looked up, not secrets: how long it takes tells nothing about a secret.
        return self._current().get(_hash(secret))

    def add(self, name: str, scopes: Iterable[str]) -> tuple[Key, str]:
        """Make a key.

        Parameters
        ----------
        name : str
            Whose it is.
        scopes : Iterable[str]
            What it opens.

        Returns
        -------
        key : Key
            What is kept.
        secret : str
            The key itself, which is kept nowhere.

        Raises
        ------
        UsageError
            If the name is none, is in use, or a scope is none.
        """
        wanted = tuple(dict.fromkeys(scopes))
        if not _NAME.fullmatch(name):
            raise UsageError(
                "That is no name for a key.",
                hint="Use up to 64 letters, digits, dots, dashes, @ and underscores.",
            )
        if not wanted or not all(_SCOPE.fullmatch(scope) for scope in wanted):
            raise UsageError(
                "The scopes are not known.", hint="Give rerank, search:COLLECTION, search:* or admin."
            )
        secret = MARK + secrets.token_urlsafe(32)
        digest = _hash(secret)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        key = Key(digest[:8], name, wanted, digest, made)
        with self._changing() as keys:
            if any(other.name == name for other in keys):
                raise UsageError(
                    f"There is a key named {name}.", hint="Revoke it first, or take another name."
                )
            self._write([*keys, key])
        return key, secret

    def revoke(self, name_or_id: str) -> Key:
        """Take a key away; running servers refuse it from the next request on.

        Raises
        ------
        UsageError
            If there is no such key.
        """
        with self._changing() as keys:
            for key in keys:
                if name_or_id in (key.name, key.id):
                    self._write([other for other in keys if other is not key])
                    return key
        raise UsageError("There is no such key.", hint="See pertinent keys list.")

    def _current(self) -> dict[str, Key]:
        """The keys as the file has them now; it is read again when it has changed."""
        try:
            state = self.path.stat()
        except FileNotFoundError:
            self._read_at, self._keys = None, {}
            return self._keys
        version = state.st_mtime_ns, state.st_size, state.st_ino
        if version != self._read_at:
            self._keys = _parsed(self.path)
            self._read_at = version
        return self._keys

    @contextmanager
    def _changing(self) -> Iterator[list[Key]]:
        """The keys, which nobody else changes inside the block: what is revoked must not come back."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield self.all()
        finally:
            os.close(folder)

    def _write(self, keys: list[Key]) -> None:
        text = json.dumps({"keys": [asdict(key) for key in keys]}, indent=2)
        # mkstemp makes files that only their owner may read.
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".keys-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _parsed(path: Path) -> dict[str, Key]:
    try:
        rows = json.loads(path.read_text("utf-8"))["keys"]
        keys = [Key(**{**row, "scopes": tuple(row["scopes"])}) for row in rows]
    except (OSError, ValueError, TypeError, KeyError):
        raise DataError(
            f"The file of API keys, {path}, cannot be read.",
            hint="Restore it, or remove it and make new keys.",
        ) from None
    return {key.sha256: key for key in keys}


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
