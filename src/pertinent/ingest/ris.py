"""RIS, the citations of reference managers: what the tags of a record mean, both ways.

Reference managers give tags different uses; where several hold the same thing, the fullest is tried
first. The kind of a work (``TY``) becomes a publication type where it says more than "article".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pertinent.ingest.citation_fields import Citation, doi_in, inverted_name, is_pmid, texts_of, year_in
from pertinent.ingest.tagged_lines import TaggedRecord, tagged_lines
from pertinent.types import Document

OPENS, CLOSES, LINE_END = "TY", "ER", "\r\n"
KINDS = {
    "BOOK": "Book",
    "CHAP": "Book Chapter",
    "CONF": "Conference Proceedings",
    "CPAPER": "Conference Paper",
    "RPRT": "Report",
    "THES": "Thesis",
    "UNPB": "Unpublished Work",
}
ARTICLE, ANY = "JOUR", "GEN"

_PUBMED = re.compile(r"pubmed|medline", re.IGNORECASE)
_PMCID = re.compile(r"PMC\d{1,12}")
_NAME = re.compile(r"(.*\S) ([^\W\d_]{1,4})")


def from_ris(record: TaggedRecord) -> Citation:
    """Read one record."""
    kind = KINDS.get(record.first("TY").upper())
    number, place = record.first("AN"), record.first("C2")
    return Citation(
        title=record.first("TI", "T1", "CT", "BT"),
        abstract=record.first("AB", "N2"),
        fields={
            "pmid": number if is_pmid(number) and _PUBMED.search(record.first("DB", "DP")) else None,
            "pmcid": place if _PMCID.fullmatch(place) else None,
            "doi": doi_in(record.first("DO")),
            "journal": record.first("JF", "T2", "JO", "JA", "J2"),
            "year": year_in(record.first("PY", "Y1", "DA")),
            "keywords": record.all("KW"),
            "publication_types": tuple(dict.fromkeys(filter(None, (kind, *record.all("M3"))))),
            "language": record.all("LA"),
            "authors": tuple(dict.fromkeys(map(inverted_name, record.all("AU", "A1")))),
        },
    )


def to_ris(document: Document) -> Iterator[str]:
    """The lines of a document whose text is its abstract."""
    metadata = document.metadata
    journal = texts_of(metadata, "journal")
    types = texts_of(metadata, "publication_types")
    kind = next((tag for tag, name in KINDS.items() if types[:1] == (name,)), "")
    pmid = texts_of(metadata, "pmid")
    values = {
        "TY": (kind or (ARTICLE if journal else ANY),),
        "AU": map(_inverted, texts_of(metadata, "authors")),
        "PY": texts_of(metadata, "year"),
        "TI": (document.title,),
        "T2": journal,
        "AB": (document.text,),
        "DO": texts_of(metadata, "doi"),
        "AN": pmid,
        "DB": ("PubMed",) if pmid else (),
        "C2": texts_of(metadata, "pmcid"),
        "KW": dict.fromkeys((*texts_of(metadata, "mesh"), *texts_of(metadata, "keywords"))),
        "LA": texts_of(metadata, "language"),
        "M3": types[1:] if kind else types,
    }
    for tag, found in values.items():
        for value in found:
            yield from tagged_lines(tag, value, wrap=False)
    yield "ER  - "


def _inverted(name: str) -> str:
    """``Roe JA`` as ``Roe, J. A.``; what has no initials as it is."""
    match = _NAME.fullmatch(name)
    if not match or not match[2].isupper():
        return name
    return f"{match[1]}, {' '.join(f'{initial}.' for initial in match[2])}"
