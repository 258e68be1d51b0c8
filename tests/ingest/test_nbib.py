from __future__ import annotations

from pertinent.ingest.nbib import from_nbib, to_nbib
from pertinent.ingest.tagged_lines import TaggedRecord
from pertinent.types import Document


def read(**values: list[str]) -> dict[str, object]:
    citation = from_nbib(TaggedRecord(1, values))
    fields = {name: value for name, value in citation.fields.items() if value}
    return {"title": citation.title, "abstract": citation.abstract, **fields}


def test_a_whole_record() -> None:
    assert read(
        PMID=["101"],
        TI=["Uptake of carbon."],
        AB=["BACKGROUND: We looked."],
        FAU=["Roe, Jane A"],
        AU=["Roe JA"],
        CN=["The Group"],
        TA=["J Inv"],
        JT=["Journal of Inventions"],
        DP=["1998 Jan-Feb"],
        LID=["S1 [pii]", "10.1/ABC [doi]"],
        PMC=["PMC7"],
        MH=["Plants/*growth & development", "*Carbon", "Plants/chemistry"],
        OT=["*uptake"],
        LA=["eng"],
        PT=["Journal Article", "Review"],
    ) == {
        "title": "Uptake of carbon.",
        "abstract": "BACKGROUND: We looked.",
        "pmid": "101",
        "pmcid": "PMC7",
        "doi": "10.1/abc",
        "journal": "Journal of Inventions",
        "year": 1998,
        "mesh": ("Plants", "Carbon"),
        "keywords": ("uptake",),
        "publication_types": ("Journal Article", "Review"),
        "language": ("eng",),
        "authors": ("Roe JA", "The Group"),
    }


def test_full_names_stand_in() -> None:
    assert read(PMID=["1"], FAU=["Roe, Jane A"])["authors"] == ("Roe JA",)
    assert "pmid" not in read(PMID=["one"], TI=["T"])


def test_only_what_is_there_is_written() -> None:
    assert list(to_nbib(Document("d", "One.\nTwo."))) == ["AB  - One. Two.", ""]
    metadata = {"pmid": "7", "doi": "10.1/a", "year": 1998, "note": "mine"}
    assert list(to_nbib(Document("d", "", title="T", metadata=metadata))) == [
        "PMID- 7", "DP  - 1998", "TI  - T", "LID - 10.1/a [doi]", "",
    ]  # fmt: skip
