"""Read a request body on the server's side: fields by name and alias, with their types."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pertinent.providers.faults import RequestFault

NAMES_SHOWN = 3
NAME_LENGTH = 40


class Asked:
    """A request body whose fields are read one by one; each that is not what it should be is a fault.

    Parameters
    ----------
    body : Any
        Parsed JSON.
    status : int
        HTTP status of faults.
    """

    def __init__(self, body: Any, status: int) -> None:
        self.status = status
        if not isinstance(body, Mapping):
            raise self.fault("The body must be a JSON object.")
        self._body = body
        self._read: set[str] = set()

    def fault(self, message: str) -> RequestFault:
        """An error with this body's status."""
        return RequestFault(message, status=self.status)

    def value(self, names: Sequence[str]) -> tuple[str, Any]:
        """The one field of these that is there, and its value; None where none is, or where it is null.

        Raises
        ------
        RequestFault
            If two are there: which one counts cannot be known.
        """
        self._read.update(names)
        there = [name for name in names if self._body.get(name) is not None]
        if len(there) > 1:
            raise self.fault(f"{there[0]} and {there[1]} mean the same: send one of them.")
        return (there[0], self._body[there[0]]) if there else (names[0] if names else "", None)

    def text(self, names: Sequence[str]) -> str | None:
        """A string."""
        name, value = self.value(names)
        return None if value is None else self._text(value, name)

    def texts(self, names: Sequence[str], *, lone: bool = False, objects: bool = False) -> tuple[str, ...]:
        """Strings, at least one.

        Parameters
        ----------
        names : Sequence[str]
            Of the field and its aliases.
        lone : bool
            Whether one string is read without a list around it.
        objects : bool
            Whether objects with the string in their ``text`` are read as well.
        """
        name, value = self.value(names)
        if value is None:
            raise self.fault(f"{name} is missing.")
        if not isinstance(value, list):
            if not lone:
                raise self.fault(f"{name} must be a list.")
            return (self._text(value, name, objects),)
        if not value:
            raise self.fault(f"{name} is empty.")
        return tuple(self._text(item, f"{name}[{at}]", objects) for at, item in enumerate(value))

    def count(self, names: Sequence[str], least: int = 1) -> int | None:
        """A whole number."""
        name, value = self.value(names)
        if value is None:
            return None
        if type(value) is not int or value < least:
            raise self.fault(f"{name} must be a whole number of at least {least}.")
        return value

    def flag(self, names: Sequence[str]) -> bool | None:
        """True or false."""
        name, value = self.value(names)
        if value is not None and type(value) is not bool:
            raise self.fault(f"{name} must be true or false.")
        return value

    def choice(self, names: Sequence[str], choices: Collection[str]) -> str | None:
        """One of a few words."""
        name, value = self.value(names)
        if value is not None and not (isinstance(value, str) and value in choices):
            raise self.fault(f"{name} must be one of: {', '.join(choices)}.")
        return value

    def refuse(self, names: Sequence[str]) -> None:
        """Refuse what is known and not on offer here, rather than to answer as if it were done."""
        name, value = self.value(names)
        if value is not None:
            raise self.fault(f"{name} is not on offer here.")

    def has(self, name: str) -> bool:
        """Whether that field is there and not null."""
        return self._body.get(name) is not None

    def refuse_others(self) -> None:
        """Refuse every field that was not read."""
        others = sorted(str(name)[:NAME_LENGTH] for name in self._body if name not in self._read)
        if others:
            raise self.fault(f"Extra fields are not permitted: {', '.join(others[:NAMES_SHOWN])}.")

    def _text(self, value: Any, name: str, objects: bool = False) -> str:
        if objects and isinstance(value, Mapping):
            if set(value) - {"text"}:
                raise self.fault(f"{name}: of an object, its text alone can be read here.")
            value, name = value.get("text"), f"{name}.text"
        if not isinstance(value, str):
            raise self.fault(f"{name} must be a string.")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise self.fault(f"{name} holds half a surrogate pair, which is no character.") from None
        return value
