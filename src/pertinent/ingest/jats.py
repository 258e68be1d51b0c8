"""Full texts in JATS, the XML of PMC and of publishers: one document per article.

Sections become headings; the abstract stands under "Abstract". Rows of tables are lines with ``|`` between
cells. The list of references, numbers that point to it, footnotes, pictures and the articles inside an
article (letters of reviewers, answers) are left out.

The names are those of the "Journal Article Tag Suite", ANSI/NISO Z39.96.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element  # only the tree; the parsing is guarded in xml_trees.py

from pertinent.errors import RecordError
from pertinent.ingest.citation_fields import (
    MAX_AUTHORS,
    doi_in,
    is_pmid,
    short_name,
    within_limits,
    year_in,
)
from pertinent.ingest.jats_text import article_text, inline_text
from pertinent.ingest.naming import file_id, suffix, title_of
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.titles import title_and_text
from pertinent.ingest.xml_trees import xml_trees
from pertinent.types import Document, MetadataValue

MAX_ARTICLE_BYTES = 32 << 20
MAX_DEPTH = 128
SUFFIXES = frozenset({".nxml", ".jats"})

_MARKS = (b"<article-meta", b"//NLM//DTD J", b"JATS-")
_YEARS = (
    "pub-date[@pub-type='ppub']/year",
    "pub-date[@pub-type='collection']/year",
    "pub-date[@date-type='collection']/year",
    "pub-date/year",
)


@dataclass(frozen=True, slots=True)
class JatsReader:
    """Reads articles in JATS and in the NLM's formats before it.

    Parameters
    ----------
    max_article_bytes : int
        Largest article; a larger one ends the reading of its file.
    """

    max_article_bytes: int = MAX_ARTICLE_BYTES
    name: str = "jats"

    def accepts(self, path: Path, head: bytes) -> bool:
        """Whether the name ends as JATS does, or the content is XML with an article of it."""
        if suffix(path) in SUFFIXES:
            return True
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        return start == b"<" and b"<article" in head and any(mark in head for mark in _MARKS)

    def read(self, path: Path, *, on_broken: OnBroken) -> Iterator[Document]:
        """Stream the articles of one file."""
        source = str(path)
        broken = 0

        def report(error: RecordError) -> None:
            nonlocal broken
            broken += 1
            on_broken(error)

        articles = xml_trees(
            path,
            {"article"},
            named="article",
            max_bytes=self.max_article_bytes,
            max_depth=MAX_DEPTH,
            on_broken=report,
        )
        number = 0
        for number, (position, article) in enumerate(articles, start=1):
            outlined = article_text(article)
            title = inline_text(article.find("front/article-meta/title-group/article-title"))
            if not (title or outlined.text):
                on_broken(RecordError("there is no text", source=source, position=position))
                continue
            metadata = _metadata(article)
            place = file_id(path) if number == 1 else f"{file_id(path)}:{number}"
            identity = f"pmcid:{metadata['pmcid']}" if "pmcid" in metadata else place
            title, text = title_and_text(title or title_of(path), outlined.text)
            # A title that is too long stands before the text, and moves it.
            sections = outlined.sections if len(text) == len(outlined.text) else ()
            document = Document(identity, text, title, metadata, source, sections)
            yield within_limits(document, position=position, on_broken=on_broken)
        if not (number or broken):
            on_broken(RecordError("there is no article", source=source, position="whole file"))


def _metadata(article: Element) -> dict[str, MetadataValue]:
    meta = article.find("front/article-meta")
    if meta is None:
        meta = Element("article-meta")
    ids = {one.get("pub-id-type", ""): inline_text(one) for one in meta.iterfind("article-id")}
    number = re.sub(r"^PMC", "", ids.get("pmcid") or ids.get("pmc") or "", flags=re.IGNORECASE)
    pmid = ids.get("pmid", "")
    language = article.get("xml:lang", "")
    found: dict[str, MetadataValue | None] = {
        "pmid": pmid if is_pmid(pmid) else None,
        "pmcid": f"PMC{number}" if is_pmid(number) else None,
        "doi": doi_in(ids.get("doi", "")),
        "journal": inline_text(article.find(".//journal-meta//journal-title")),
        "year": next((year for at in _YEARS if (year := year_in(inline_text(meta.find(at))))), None),
        "keywords": tuple(dict.fromkeys(filter(None, map(inline_text, meta.iterfind("kwd-group/kwd"))))),
        "language": (language.lower(),) if re.fullmatch(r"[A-Za-z]{2,3}", language) else None,
        "authors": _authors(meta),
    }
    metadata = {name: value for name, value in found.items() if value}
    metadata["has_abstract"] = meta.find("abstract") is not None
    return metadata


def _authors(meta: Element) -> tuple[str, ...]:
    names = []
    for author in meta.iterfind("contrib-group/contrib[@contrib-type='author']"):
        family = inline_text(author.find("name/surname")) or inline_text(author.find("collab"))
        names.append(short_name(family, inline_text(author.find("name/given-names"))))
    return tuple(filter(None, names))[:MAX_AUTHORS]
