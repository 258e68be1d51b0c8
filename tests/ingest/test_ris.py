from __future__ import annotations

from pertinent.ingest.ris import from_ris, to_ris
from pertinent.ingest.tagged_lines import TaggedRecord
from pertinent.types import Document


def read(**values: list[str]) -> dict[str, object]:
    citation = from_ris(TaggedRecord(1, values))
    fields = {name: value for name, value in citation.fields.items() if value}
    return {"title": citation.title, "abstract": citation.abstract, **fields}


def test_a_whole_record() -> None:
    assert read(
        TY=["JOUR"],
        T1=["Uptake of carbon"],
        N2=["We looked."],
        A1=["Roe, Jane", "The Group"],
        T2=["Journal of Inventions"],
        J2=["J Inv"],
        PY=["1998/03/01/"],
        DO=["https://doi.org/10.1/ABC"],
        AN=["101"],
        DB=["PubMed"],
        C2=["PMC7"],
        KW=["carbon", "plants", "carbon"],
        LA=["eng"],
        M3=["Review"],
    ) == {
        "title": "Uptake of carbon",
        "abstract": "We looked.",
        "pmid": "101",
        "pmcid": "PMC7",
        "doi": "10.1/abc",
        "journal": "Journal of Inventions",
        "year": 1998,
        "keywords": ("carbon", "plants"),
        "publication_types": ("Review",),
        "language": ("eng",),
        "authors": ("Roe J", "The Group"),
    }


def test_numbers_of_other_databases_are_no_pmid() -> None:
    assert "pmid" not in read(TY=["JOUR"], TI=["T"], AN=["101"], DB=["Embase"])
    assert "pmid" not in read(TY=["JOUR"], TI=["T"], AN=["101"])
    assert "pmcid" not in read(TY=["JOUR"], TI=["T"], C2=["a note"])


def test_the_kind_of_a_work() -> None:
    assert read(TY=["thes"], M3=["Thesis", "PhD"])["publication_types"] == ("Thesis", "PhD")
    assert "publication_types" not in read(TY=["JOUR"])
    assert list(to_ris(Document("d", "", title="T", metadata={"publication_types": ("Thesis", "PhD")}))) == [
        "TY  - THES",
        "TI  - T",
        "M3  - PhD",
        "ER  - ",
    ]


def test_only_what_is_there_is_written() -> None:
    assert list(to_ris(Document("d", "One.\nTwo."))) == ["TY  - GEN", "AB  - One. Two.", "ER  - "]
    lines = list(to_ris(Document("d", "", metadata={"pmid": "7", "authors": ("Roe JA",), "journal": "J"})))
    assert lines == [
        "TY  - JOUR", "AU  - Roe, J. A.", "T2  - J", "AN  - 7", "DB  - PubMed", "ER  - ",
    ]  # fmt: skip
