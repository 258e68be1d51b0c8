from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest

from pertinent.errors import RecordError
from pertinent.ingest.citation import citation_to_document
from pertinent.ingest.citation_fields import MAX_AUTHORS
from pertinent.types import Document

ARTICLE = """<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article>
<Journal><JournalIssue><PubDate>{date}</PubDate></JournalIssue><Title>Heart</Title></Journal>
<ArticleTitle>{title}</ArticleTitle>{more}</Article></MedlineCitation>{behind}</PubmedArticle>"""


def read(
    *,
    pmid: str = "7",
    date: str = "<Year>1979</Year>",
    title: str = "A title",
    more: str = "",
    behind: str = "",
) -> Document:
    xml = ARTICLE.format(pmid=pmid, date=date, title=title, more=more, behind=behind)
    return citation_to_document(fromstring(xml), source="f.xml", position="citation 1", on_broken=pytest.fail)


def test_what_a_citation_says() -> None:
    document = read(title="On <i>E. coli</i> and CO<sub>2</sub>")
    assert (document.id, document.title, document.text) == ("pmid:7", "On E. coli and CO2", "")
    assert dict(document.metadata) == {"pmid": "7", "journal": "Heart", "year": 1979, "has_abstract": False}


def test_sections_of_an_abstract_keep_their_labels() -> None:
    parts = (
        '<AbstractText Label="METHODS">We looked.</AbstractText>'
        '<AbstractText Label="UNLABELLED">So.</AbstractText>'
    )
    document = read(more=f"<Abstract>{parts}</Abstract>")
    assert document.text == "METHODS: We looked.\nSo."
    assert document.metadata["has_abstract"] is True


@pytest.mark.parametrize(
    ("date", "year"),
    [
        ("<MedlineDate>1979 Jan-Feb</MedlineDate>", 1979),
        ("<MedlineDate>Winter 1998-1999</MedlineDate>", 1998),
    ],
)
def test_a_year_is_found_in_words(date: str, year: int) -> None:
    assert read(date=date).metadata["year"] == year


def test_a_date_without_a_year_gives_none() -> None:
    assert "year" not in read(date="<Season>Winter</Season>").metadata


def test_the_doi_is_the_articles_own_and_not_a_references() -> None:
    own = (
        '<PubmedData><ArticleIdList><ArticleId IdType="doi">10.1/ABC</ArticleId></ArticleIdList></PubmedData>'
    )
    other = (
        "<PubmedData><ReferenceList><Reference><ArticleIdList>"
        '<ArticleId IdType="doi">10.9/x</ArticleId></ArticleIdList></Reference></ReferenceList></PubmedData>'
    )
    assert read(behind=own).metadata["doi"] == "10.1/abc"
    assert "doi" not in read(behind=other).metadata


def test_authors_are_bounded() -> None:
    authors = "".join(f"<Author><LastName>N{n}</LastName><Initials>A</Initials></Author>" for n in range(150))
    found = read(more=f"<AuthorList>{authors}</AuthorList>").metadata["authors"]
    assert isinstance(found, tuple)
    assert len(found) == MAX_AUTHORS
    assert found[0] == "N0 A"


@pytest.mark.parametrize("wrong", [{"pmid": ""}, {"pmid": "x1"}, {"title": ""}])
def test_without_pmid_or_any_text_it_is_no_citation(wrong: dict[str, str]) -> None:
    with pytest.raises(RecordError, match=r"f\.xml"):
        read(**wrong)
