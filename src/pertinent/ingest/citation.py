"""From one MEDLINE/PubMed citation element to a document."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element  # only the tree; the parsing is guarded in xml_trees.py

from pertinent.errors import RecordError
from pertinent.ingest.citation_fields import Citation, is_pmid, year_in
from pertinent.ingest.protocol import OnBroken
from pertinent.types import Document

_UNLABELLED = frozenset({"", "UNLABELLED", "UNLABELED"})


def citation_to_document(citation: Element, *, source: str, position: str, on_broken: OnBroken) -> Document:
    """Read one citation.

    The text is the abstract, one paragraph (line) per section, labels kept: ``"METHODS: ..."``.
    The id is ``pmid:<PMID>``. Metadata, where the citation gives it: ``pmid``, ``doi`` (lower
    case), ``journal``, ``year``, ``mesh``, ``publication_types``, ``language``, ``authors``
    (family name and initials; the first 100), and always ``has_abstract``.

    Parameters
    ----------
    citation : Element
        A ``PubmedArticle``, ``PubmedBookArticle`` or ``MedlineCitation``.
    source, position : str
        Where it stands, for the document and for errors.
    on_broken : Callable[[RecordError], None]
        Told of metadata that is too large and left out.

    Raises
    ------
    RecordError
        If there is no PMID, or neither a title nor an abstract.
    """
    main = _child(citation, "MedlineCitation", "BookDocument")
    article = _child(main, "Article")
    pmid = _text(main.find("PMID"))
    if not is_pmid(pmid):
        raise RecordError("the citation has no PMID", source=source, position=position)
    position = f"{position}, PMID {pmid}"

    text = "\n".join(filter(None, map(_section, article.iterfind("Abstract/AbstractText"))))
    title = (
        _text(article.find("ArticleTitle"))
        or _text(article.find("VernacularTitle"))
        or _text(article.find("Book/BookTitle"))
    )
    found = {
        "pmid": pmid,
        "doi": _doi(citation, main, article),
        "journal": _text(article.find("Journal/Title"))
        or _text(article.find("Journal/ISOAbbreviation"))
        or _text(main.find("MedlineJournalInfo/MedlineTA"))
        or _text(article.find("Book/BookTitle")),
        "year": _year(article),
        "mesh": _texts(main.iterfind("MeshHeadingList/MeshHeading/DescriptorName")),
        "publication_types": _texts(article.iterfind("PublicationTypeList/PublicationType"))
        or _texts(article.iterfind("PublicationType")),
        "language": _texts(article.iterfind("Language")),
        "authors": _authors(article),
    }
    return Citation(title, text, found).document(source=source, position=position, on_broken=on_broken)


def _child(element: Element, *tags: str) -> Element:
    """First child of one of these names, or the element itself where it has none."""
    return next((child for child in element if child.tag in tags), element)


def _text(element: Element | None) -> str:
    """All text inside, nested markup (``<i>``, ``<sub>``) included, white space made single."""
    if element is None:
        return ""
    whole = "".join(element.itertext()) if len(element) else element.text or ""
    return " ".join(whole.split())


def _texts(elements: Iterable[Element]) -> tuple[str, ...]:
    """Texts without the empty ones and without repeats, in order."""
    return tuple(dict.fromkeys(filter(None, map(_text, elements))))


def _section(element: Element) -> str:
    text = _text(element)
    label = " ".join(element.get("Label", "").split())
    return text if not text or label.upper() in _UNLABELLED else f"{label.rstrip(' :')}: {text}"


def _year(article: Element) -> int | None:
    dates = (
        "Journal/JournalIssue/PubDate/Year",
        "Journal/JournalIssue/PubDate/MedlineDate",
        "Book/PubDate/Year",
        "Book/PubDate/MedlineDate",
        "ArticleDate/Year",
        "ContributionDate/Year",
    )
    for date in dates:
        if year := year_in(_text(article.find(date))):
            return year
    return None


def _doi(citation: Element, main: Element, article: Element) -> str:
    for element in article.iterfind("ELocationID"):
        if element.get("EIdType") == "doi" and element.get("ValidYN", "Y") == "Y":
            return _text(element).lower()
    # A reference list holds ArticleIds as well, those of other articles: only these two places count.
    for parent in (citation.find("PubmedData/ArticleIdList"), main.find("ArticleIdList")):
        for element in () if parent is None else parent:
            if element.get("IdType") == "doi":
                return _text(element).lower()
    return ""


def _authors(article: Element) -> tuple[str, ...]:
    names = []
    for author in article.iterfind("AuthorList/Author"):
        family = _text(author.find("LastName")) or _text(author.find("CollectiveName"))
        name = f"{family} {_text(author.find('Initials'))}".strip()
        if name:
            names.append(name)
    return tuple(names)
