"""NBIB, PubMed's citations as tagged lines: what the tags of a record mean, both ways.

The tags are described by the NLM in "MEDLINE/PubMed Data Element (Field) Descriptions".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pertinent.ingest.citation_fields import Citation, doi_in, inverted_name, is_pmid, texts_of, year_in
from pertinent.ingest.tagged_lines import TaggedRecord, tagged_lines
from pertinent.types import Document

OPENS, CLOSES, LINE_END = "PMID", "", "\n"

_DOI_MARK = " [doi]"


def from_nbib(record: TaggedRecord) -> Citation:
    """Read one record."""
    pmid = record.first("PMID")
    authors = record.all("AU") or tuple(map(inverted_name, record.all("FAU")))
    return Citation(
        title=record.first("TI", "BTI", "TT"),
        abstract=record.first("AB"),
        fields={
            "pmid": pmid if is_pmid(pmid) else None,
            "pmcid": record.first("PMC"),
            "doi": _doi(record.all("LID", "AID")),
            "journal": record.first("JT", "TA", "BTI"),
            "year": year_in(record.first("DP", "DEP")),
            "mesh": tuple(dict.fromkeys(filter(None, map(_descriptor, record.all("MH"))))),
            "keywords": tuple(dict.fromkeys(filter(None, (word.lstrip("*") for word in record.all("OT"))))),
            "publication_types": record.all("PT"),
            "language": record.all("LA"),
            "authors": tuple(dict.fromkeys((*authors, *record.all("CN")))),
        },
    )


def to_nbib(document: Document) -> Iterator[str]:
    """The lines of a document whose text is its abstract."""
    metadata = document.metadata
    values = {
        "PMID": texts_of(metadata, "pmid"),
        "DP": texts_of(metadata, "year"),
        "TI": (document.title,),
        "LID": (f"{doi}{_DOI_MARK}" for doi in texts_of(metadata, "doi")),
        "AB": (document.text,),
        "AU": texts_of(metadata, "authors"),
        "LA": texts_of(metadata, "language"),
        "PT": texts_of(metadata, "publication_types"),
        "JT": texts_of(metadata, "journal"),
        "PMC": texts_of(metadata, "pmcid"),
        "MH": texts_of(metadata, "mesh"),
        "OT": texts_of(metadata, "keywords"),
    }
    for tag, found in values.items():
        for value in found:
            yield from tagged_lines(tag, value, wrap=True)
    yield ""


def _doi(places: Iterable[str]) -> str:
    marked = (place.removesuffix(_DOI_MARK) for place in places if place.endswith(_DOI_MARK))
    return next(filter(None, map(doi_in, marked)), "")


def _descriptor(heading: str) -> str:
    """The heading without its qualifiers and the stars of major topics."""
    return heading.partition("/")[0].strip("* ")
