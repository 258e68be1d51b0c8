from __future__ import annotations

import gzip
import json
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pertinent.ingest.medline import MedlineReader
from pertinent.ingest.titles import MAX_TITLE_CHARS

if TYPE_CHECKING:
    from conftest import ReadContent, Reading

READER = MedlineReader()
DOCTYPE = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_190101.dtd">\n'
)
WHOLE = """<PubmedArticle><MedlineCitation>
  <PMID Version="1">101</PMID>
  <Article>
    <Journal>
      <JournalIssue><PubDate><Year>1979</Year><Month>Jun</Month></PubDate></JournalIssue>
      <Title>Journal of Invented Findings</Title>
      <ISOAbbreviation>J Inv Find</ISOAbbreviation>
    </Journal>
    <ArticleTitle>Uptake of CO<sub>2</sub> by <i>Invented
      plants</i>.</ArticleTitle>
    <ELocationID EIdType="pii">S1</ELocationID>
    <ELocationID EIdType="doi" ValidYN="N">10.1/WRONG</ELocationID>
    <Abstract>
      <AbstractText Label="METHODS" NlmCategory="METHODS">We looked &lt; twice &amp; more.</AbstractText>
      <AbstractText Label="UNLABELLED">Then we <b>wrote</b>.</AbstractText>
      <AbstractText Label="RESULTS"></AbstractText>
      <AbstractText>It was so.</AbstractText>
      <CopyrightInformation>Nobody</CopyrightInformation>
    </Abstract>
    <AuthorList>
      <Author><LastName>Roe</LastName><ForeName>Jane</ForeName><Initials>J</Initials></Author>
      <Author><CollectiveName>The Invented Group</CollectiveName></Author>
      <Author><Initials></Initials></Author>
    </AuthorList>
    <Language>eng</Language><Language>fre</Language>
    <PublicationTypeList>
      <PublicationType UI="D016428">Journal Article</PublicationType>
      <PublicationType UI="D016428">Review</PublicationType>
    </PublicationTypeList>
  </Article>
  <MeshHeadingList>
    <MeshHeading><DescriptorName>Plants</DescriptorName><QualifierName>growth</QualifierName></MeshHeading>
    <MeshHeading><DescriptorName>Carbon</DescriptorName></MeshHeading>
    <MeshHeading><DescriptorName>Plants</DescriptorName></MeshHeading>
  </MeshHeadingList>
</MedlineCitation>
<PubmedData>
  <ArticleIdList>
    <ArticleId IdType="pubmed">101</ArticleId><ArticleId IdType="doi">10.1/Right</ArticleId>
  </ArticleIdList>
  <ReferenceList><Reference>
    <ArticleIdList><ArticleId IdType="doi">10.1/other</ArticleId></ArticleIdList>
  </Reference></ReferenceList>
</PubmedData></PubmedArticle>"""


def citation(body: str, pmid: str = "<PMID>7</PMID>", date: str = "") -> str:
    journal = f"<Journal><JournalIssue><PubDate>{date}</PubDate></JournalIssue></Journal>"
    article = f"<Article>{journal}{body}</Article>"
    return f"<PubmedArticle><MedlineCitation>{pmid}{article}</MedlineCitation></PubmedArticle>"


def in_set(*citations: str, doctype: str = DOCTYPE) -> str:
    return f"{doctype}<PubmedArticleSet>{''.join(citations)}</PubmedArticleSet>"


def test_a_whole_citation(read_content: ReadContent) -> None:
    reading = read_content(READER, in_set(WHOLE))
    assert not reading.errors
    (document,) = reading.documents
    assert document.id == "pmid:101"
    assert document.title == "Uptake of CO2 by Invented plants."
    assert document.text == "METHODS: We looked < twice & more.\nThen we wrote.\nIt was so."
    assert document.metadata == {
        "pmid": "101",
        "doi": "10.1/right",
        "journal": "Journal of Invented Findings",
        "year": 1979,
        "mesh": ("Plants", "Carbon"),
        "publication_types": ("Journal Article", "Review"),
        "language": ("eng", "fre"),
        "authors": ("Roe J", "The Invented Group"),
        "has_abstract": True,
    }


def test_gzip_gives_the_same(read_content: ReadContent) -> None:
    plain = read_content(READER, in_set(WHOLE), "a")
    assert read_content(READER, gzip.compress(in_set(WHOLE).encode()), "a").documents == plain.documents


@pytest.mark.parametrize(
    ("date", "year"),
    [
        ("<MedlineDate>1979 Jan-Feb</MedlineDate>", 1979),
        ("<MedlineDate>Winter 1998-1999</MedlineDate>", 1998),
        ("<Season>Spring</Season>", None),
        ("<Year>unknown</Year>", None),
        ("<MedlineDate>12345678</MedlineDate>", None),
    ],
)
def test_year(read_content: ReadContent, date: str, year: int | None) -> None:
    body = "<ArticleTitle>T</ArticleTitle>"
    (document,) = read_content(READER, in_set(citation(body, date=date))).documents
    assert document.metadata.get("year") == year


def test_year_of_the_electronic_article_stands_in(read_content: ReadContent) -> None:
    body = "<ArticleTitle>T</ArticleTitle><ArticleDate><Year>2020</Year></ArticleDate>"
    assert read_content(READER, in_set(citation(body))).documents[0].metadata["year"] == 2020


def test_citation_without_abstract(read_content: ReadContent) -> None:
    (document,) = read_content(READER, in_set(citation("<ArticleTitle>[Old].</ArticleTitle>"))).documents
    assert (document.title, document.text) == ("[Old].", "")
    assert document.metadata == {"pmid": "7", "has_abstract": False}


def test_original_title_stands_in(read_content: ReadContent) -> None:
    body = "<ArticleTitle/><VernacularTitle>Alt.</VernacularTitle>"
    assert read_content(READER, in_set(citation(body))).documents[0].title == "Alt."


def test_citations_that_cannot_be_used(read_content: ReadContent) -> None:
    good = citation("<ArticleTitle>T</ArticleTitle>")
    reading = read_content(
        READER,
        in_set(
            citation("<ArticleTitle>T</ArticleTitle>", pmid=""),
            citation("<ArticleTitle> </ArticleTitle>"),
            good,
        ),
    )
    assert [d.title for d in reading.documents] == ["T"]
    assert reading.reasons == [
        "citation 1 (line 3): the citation has no PMID",
        "citation 2 (line 3), PMID 7: neither a title nor an abstract",
    ]


def test_book_chapter_bare_citation_and_deletions(read_content: ReadContent) -> None:
    book = """<PubmedBookArticle><BookDocument><PMID>8</PMID>
      <ArticleIdList><ArticleId IdType="doi">10.1/Book</ArticleId></ArticleIdList>
      <Book><BookTitle>Invented Handbook</BookTitle><PubDate><Year>2011</Year></PubDate></Book>
      <ArticleTitle>Chapter</ArticleTitle><Language>eng</Language><PublicationType>Review</PublicationType>
      <Abstract><AbstractText>Words.</AbstractText></Abstract></BookDocument></PubmedBookArticle>"""
    article = "<Article><ArticleTitle>Bare</ArticleTitle></Article>"
    bare = f"<MedlineCitation><PMID>9</PMID>{article}</MedlineCitation>"
    gone = "<DeleteCitation><PMID>10</PMID></DeleteCitation>"
    reading = read_content(READER, in_set(book, bare, gone))
    assert [d.id for d in reading.documents] == ["pmid:8", "pmid:9"]
    assert reading.documents[0].metadata == {
        "pmid": "8",
        "doi": "10.1/book",
        "journal": "Invented Handbook",
        "year": 2011,
        "publication_types": ("Review",),
        "language": ("eng",),
        "has_abstract": True,
    }
    assert not reading.errors


def test_authors_are_bounded(read_content: ReadContent) -> None:
    many = "".join(f"<Author><LastName>N{i}</LastName></Author>" for i in range(3000))
    body = f"<ArticleTitle>T</ArticleTitle><AuthorList>{many}</AuthorList>"
    authors = read_content(READER, in_set(citation(body))).documents[0].metadata["authors"]
    assert isinstance(authors, tuple)
    assert len(authors) == 100


def test_named_characters_are_read(read_content: ReadContent) -> None:
    body = "<ArticleTitle>5&nbsp;&micro;g &unheardof; &#945;</ArticleTitle>"
    assert (
        read_content(READER, in_set(citation(body))).documents[0].title == "5 µg \N{REPLACEMENT CHARACTER} α"
    )


def refused(reading: Reading, words: str) -> bool:
    return not reading.documents and len(reading.errors) == 1 and words in reading.errors[0].reason


def test_billion_laughs(read_content: ReadContent) -> None:
    entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    doctype = f'<!DOCTYPE PubmedArticleSet [<!ENTITY l0 "lol">{entities}]>'
    begun = time.perf_counter()
    reading = read_content(READER, in_set(citation("<ArticleTitle>&l9;</ArticleTitle>"), doctype=doctype))
    assert refused(reading, "declares entities")
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY secret SYSTEM "file:///etc/passwd">',
        '<!ENTITY secret PUBLIC "x" "http://127.0.0.1:1/x">',
        '<!ENTITY % outside SYSTEM "file:///etc/passwd"> %outside;',
    ],
)
def test_external_entities(read_content: ReadContent, declaration: str) -> None:
    doctype = f"<!DOCTYPE PubmedArticleSet [{declaration}]>"
    reading = read_content(READER, in_set(citation("<ArticleTitle>&secret;</ArticleTitle>"), doctype=doctype))
    assert refused(reading, "declares entities")


def test_external_dtd_is_never_fetched(tmp_path: Path, read_content: ReadContent) -> None:
    dtd = tmp_path / "evil.dtd"
    dtd.write_text('<!ENTITY nbsp "fetched">')
    doctype = f'<!DOCTYPE PubmedArticleSet SYSTEM "{dtd.as_uri()}">'
    body = "<ArticleTitle>a&nbsp;b</ArticleTitle>"
    assert read_content(READER, in_set(citation(body), doctype=doctype)).documents[0].title == "a b"


def test_broken_xml_keeps_what_stood_before(read_content: ReadContent) -> None:
    good = citation("<ArticleTitle>T</ArticleTitle>")
    reading = read_content(READER, f"{DOCTYPE}<PubmedArticleSet>\n{good}\n{good}\n<Wrong></PubmedArticleSet>")
    assert len(reading.documents) == 2
    assert reading.reasons == ["line 6: the XML is broken (mismatched tag)"]


def test_truncated_files(read_content: ReadContent) -> None:
    content = in_set(*[citation(f"<ArticleTitle>T {i}</ArticleTitle>") for i in range(3000)]).encode()
    plain = read_content(READER, content[: len(content) // 2])
    assert 1000 < len(plain.documents) < 2000
    assert len(plain.errors) == 1
    packed = read_content(READER, gzip.compress(content)[:-50])
    assert packed.documents
    assert [error.reason for error in packed.errors] == ["the gzip data ends too early"]


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8"])
def test_encodings(read_content: ReadContent, encoding: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?>' + in_set(
        citation("<ArticleTitle>Ménière</ArticleTitle>"), doctype=""
    )
    assert read_content(READER, xml.encode(encoding)).documents[0].title == "Ménière"


@pytest.mark.parametrize("encoding", ["klingon", "cp037", "utf-7", "utf-32", "rot13", "zlib", "idna"])
def test_strange_encodings_are_reported(read_content: ReadContent, encoding: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?>' + in_set(citation("<ArticleTitle>é</ArticleTitle>"))
    reading = read_content(READER, xml)
    assert refused(reading, "") or reading.documents


def test_bounds(read_content: ReadContent) -> None:
    deep = "<i>" * 200 + "</i>" * 200
    assert refused(read_content(READER, in_set(citation(f"<ArticleTitle>{deep}</ArticleTitle>"))), "64 deep")
    large = citation(f"<ArticleTitle>{'word ' * 300_000}</ArticleTitle>")
    small = MedlineReader(max_citation_bytes=100_000)
    assert refused(read_content(small, in_set(large)), "larger than 100,000 bytes")
    assert len(read_content(READER, in_set(large)).documents) == 1


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "large.xml.gz"
    one = citation(
        f"<ArticleTitle>T</ArticleTitle><Abstract><AbstractText>{'word ' * 400}</AbstractText></Abstract>"
    )
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write("<PubmedArticleSet>")
        for _ in range(20):
            file.write(one * 300)
        file.write("</PubmedArticleSet>")
    tracemalloc.start()
    try:
        number = sum(1 for _ in READER.read(path, on_broken=pytest.fail))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert number == 6000
    assert peak < 6 << 20


def test_what_every_passage_carries_is_bounded(read_content: ReadContent) -> None:
    title = "word " * 999 + "last"
    types = "".join(f"<PublicationType>{'x' * 900} {n}</PublicationType>" for n in range(100))
    body = f"<ArticleTitle>{title}</ArticleTitle><PublicationTypeList>{types}</PublicationTypeList>"
    reading = read_content(READER, in_set(citation(body)))
    (document,) = reading.documents
    assert len(document.title) <= MAX_TITLE_CHARS
    assert document.text == title
    assert document.metadata == {"pmid": "7", "has_abstract": False}
    assert "left out what cannot be used: field publication_types is beyond" in reading.reasons[0]


def test_accepts() -> None:
    assert READER.accepts(Path("any"), in_set(WHOLE).encode())
    assert READER.accepts(Path("any.txt"), b"\xef\xbb\xbf<PubmedArticle>")
    assert not READER.accepts(Path("a.xml"), b"<html>")
    assert not READER.accepts(Path("a.xml"), b"about <PubmedArticle>")


def test_real_citations_agree_with_an_independent_parse(data_folder: Path) -> None:
    errors: list[object] = []
    file = data_folder / "formats" / "medline" / "pubmed20n0014_first500.xml.gz"
    read = {d.metadata["pmid"]: d for d in READER.read(file, on_broken=errors.append)}
    assert len(read) == 500
    assert not errors
    compared = 0
    with gzip.open(data_folder / "medline" / "corpus.jsonl.gz", "rt", encoding="utf-8") as corpus:
        for record in map(json.loads, corpus):
            document = read.get(record["_id"])
            if document is None:
                continue
            compared += 1
            assert document.title == record["title"]
            assert " ".join(document.text.split()) == " ".join(record["text"].split())
            for name in ("year", "journal"):
                assert document.metadata[name] == record["metadata"][name]
            for name in ("mesh", "publication_types"):
                assert list(document.metadata.get(name, ())) == record["metadata"][name]
    assert compared > 50
