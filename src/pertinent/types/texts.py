"""Texts: what came in, what is scored, what is asked."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TypeAlias

from pertinent.types.places import Place, Places, Section

MetadataValue: TypeAlias = str | int | float | bool | tuple[str, ...]
Metadata: TypeAlias = Mapping[str, MetadataValue]


def content_hash(*parts: str) -> str:
    """Hash texts to 32 hexadecimal digits, stable over runs and machines.

    The parts are length-prefixed, so moving a character from one to the next changes the hash.

    Examples
    --------
    >>> content_hash("ab", "c") == content_hash("a", "bc")
    False
    """
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Document:
    """What came in: one citation, file, row or string.

    Parameters
    ----------
    id : str
        Identity. A later document with the same id and other content replaces this one.
    text : str
        The body, as read.
    title : str
        Shown with each hit and scored with each passage.
    metadata : Mapping[str, str | int | float | bool | tuple[str, ...]]
        What filters may ask for: pmid, doi, journal, year, mesh, publication_types, language ...
    source : str
        The file it was read from, or empty.
    sections : tuple[Section, ...]
        The stretches of the text that stand under one heading each; empty where a format has no headings.
    places : Places | None
        On which lines or pages of its file the text stands; None where that means nothing.

    Examples
    --------
    >>> Document("1", "Metformin lowers glucose.", title="Metformin").fingerprint[:8]
    '331f4d84'
    """

    id: str
    text: str
    title: str = ""
    metadata: Metadata = field(default_factory=dict)
    source: str = ""
    sections: tuple[Section, ...] = ()
    places: Places | None = None

    @property
    def fingerprint(self) -> str:
        """Hash of everything but the source: equal fingerprints need no second indexing."""
        flat = [f"{name}={self.metadata[name]!r}" for name in sorted(self.metadata)]
        flat += [repr(section) for section in self.sections]
        flat += [self.places.flat()] if self.places else []
        return content_hash(self.id, self.title, self.text, *flat)


@dataclass(frozen=True, slots=True)
class Passage:
    """What is embedded, found and scored: a stretch of one document.

    Parameters
    ----------
    id : str
        UUID made from the document's fingerprint and the offsets.
    document_id : str
        The document it was cut from.
    text : str
        Exactly ``document.text[start:end]``.
    start, end : int
        Character offsets into the document's text.
    title : str
        The document's title.
    headings : tuple[str, ...]
        The headings that stand over the passage, outermost first.
    metadata : Mapping
        The document's metadata.
    source : str
        The file the document was read from.
    place : Place | None
        Lines or pages of that file; None where they are not known.
    """

    id: str
    document_id: str
    text: str
    start: int = 0
    end: int = 0
    title: str = ""
    headings: tuple[str, ...] = ()
    metadata: Metadata = field(default_factory=dict)
    source: str = ""
    place: Place | None = None

    @property
    def content(self) -> str:
        """What models read: title, headings and text, one a line.

        Examples
        --------
        >>> Passage("p", "d", "It lowers glucose.", title="Metformin").content
        'Metformin\\nIt lowers glucose.'
        """
        lines = (self.title, " > ".join(self.headings), self.text)
        return "\n".join(line for line in lines if line)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked, with the instruction that says what counts as an answer."""

    text: str
    instruction: str | None = None


def printable(text: str) -> str:
    """Text whose control and format characters cannot steer a terminal; offsets stay what they are.

    Format characters turn the direction of text around or hide it, so that it reads as something
    else. Those that spelling needs stay: the joiners of many scripts and the soft hyphen.

    Examples
    --------
    >>> printable("red \\x1b[31malert")
    'red �[31malert'
    """
    return "".join("\ufffd" if unicodedata.category(c) in _UNSAFE and c not in _SAFE else c for c in text)


_UNSAFE = {"Cc", "Cf", "Cs"}
_SAFE = "\n\t\u00ad\u200c\u200d"
