"""What citations of every format share: the fields a document gets from them, and how each is spelt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pertinent.errors import RecordError
from pertinent.ingest.fields import fit_metadata, left_out
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.titles import title_and_text
from pertinent.types import Document, Metadata, MetadataValue, content_hash

MAX_AUTHORS = 100
"""Authors kept: collaborations list thousands, and every passage carries them."""
MAX_DOI_CHARS = 256

_YEAR = re.compile(r"(?<!\d)(?:1[6-9]|20)\d\d(?!\d)")
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?\s*(10\.\S+)", re.IGNORECASE)
_BETWEEN_INITIALS = re.compile(r"[\s.\-\u2010]+")
_MOST_INITIALS = 4


@dataclass(frozen=True, slots=True)
class Citation:
    """What was read of one citation.

    Parameters
    ----------
    title, abstract : str
        As the document will have them; one of them may be empty.
    fields : Mapping[str, str | int | tuple[str, ...] | None]
        Metadata under the names of every format: ``pmid``, ``pmcid``, ``doi``, ``journal``, ``year``,
        ``mesh``, ``keywords``, ``publication_types``, ``language``, ``authors``; what is empty is left out.
    """

    title: str
    abstract: str
    fields: Mapping[str, MetadataValue | None]

    def document(self, *, source: str, position: str, on_broken: OnBroken) -> Document:
        """The citation as a document: ``pmid:…``, else ``doi:…``, else a hash of it as identity.

        Metadata that is too large is reported and left out.

        Raises
        ------
        RecordError
            If there is neither a title nor an abstract.
        """
        if not (self.title or self.abstract):
            raise RecordError("neither a title nor an abstract", source=source, position=position)
        metadata = {name: value for name, value in self.fields.items() if value}
        if isinstance(authors := metadata.get("authors"), tuple):
            metadata["authors"] = authors[:MAX_AUTHORS]
        metadata["has_abstract"] = bool(self.abstract)
        title, text = title_and_text(self.title, self.abstract)
        document = Document(self._identity(), text, title=title, metadata=metadata, source=source)
        return within_limits(document, position=position, on_broken=on_broken)

    def _identity(self) -> str:
        for name in ("pmid", "doi"):
            if value := self.fields.get(name):
                return f"{name}:{value}"
        return f"citation:{content_hash(self.title, self.abstract, repr(sorted(self.fields.items())))}"


def within_limits(document: Document, *, position: str, on_broken: OnBroken) -> Document:
    """The document without metadata that is too large, which is reported."""
    faults: list[str] = []
    metadata = fit_metadata(document.metadata, faults)
    if not faults:
        return document
    on_broken(RecordError(left_out(faults), source=document.source, position=position))
    return replace(document, metadata=metadata)


def is_pmid(text: str) -> bool:
    """Whether a text can be the number of a PubMed citation."""
    return text.isascii() and text.isdigit() and len(text) <= 12


def year_in(text: str) -> int | None:
    """The first year from 1600 to 2099 that a date names.

    Examples
    --------
    >>> year_in("Winter 1998-1999")
    1998
    """
    match = _YEAR.search(text)
    return int(match[0]) if match else None


def doi_in(text: str) -> str:
    """A DOI in lower case, without the address or the mark before it; empty where the text is none.

    Examples
    --------
    >>> doi_in("https://doi.org/10.1000/ABC")
    '10.1000/abc'
    """
    match = _DOI.fullmatch(text.strip())
    return match[1].lower() if match and len(match[1]) <= MAX_DOI_CHARS else ""


def short_name(family: str, given: str) -> str:
    """Family name and initials, as PubMed has them.

    Examples
    --------
    >>> short_name("Roe", "Jean-Pierre A."), short_name("Poe", "JA"), short_name("The Group", "")
    ('Roe JPA', 'Poe JA', 'The Group')
    """
    words = [word for word in _BETWEEN_INITIALS.split(given) if word]
    initials = "".join(
        word if word.isupper() and len(word) <= _MOST_INITIALS else word[0].upper() for word in words
    )
    return f"{family} {initials}".strip()


def inverted_name(name: str) -> str:
    """A name with a comma in it (``Roe, Jane A., Jr.``) as family name and initials; others as they are.

    Examples
    --------
    >>> inverted_name("Roe, Jane A., Jr."), inverted_name("The Group")
    ('Roe JA', 'The Group')
    """
    family, _, rest = name.partition(",")
    return short_name(family.strip(), rest.partition(",")[0])


def texts_of(metadata: Metadata, name: str) -> tuple[str, ...]:
    """The values of a metadata field as texts, none where it has none.

    Examples
    --------
    >>> texts_of({"year": 1998, "mesh": ("Adult", "Aged")}, "year")
    ('1998',)
    """
    value = metadata.get(name)
    if value is None or isinstance(value, bool):
        return ()
    return value if isinstance(value, tuple) else (str(value),)
