"""The judged sets of the quality suite: which split, how many of its queries, which stages and measures.

Samples are those queries whose ids have the smallest hashes (``Task.sample``), so they stay the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from pertinent.evaluate.request import STAGES, Request

Table: TypeAlias = Literal["english", "multilingual", "candidates", "memory", "screening", "published"]

CANDIDATES = 50
"""Length of each first-stage list, and candidates that are reranked."""

SEARCHED = ("nDCG@10", "P@5", "MAP", "MRR@10", "R@50")
MEASURES: dict[Table, tuple[str, ...]] = {
    "english": SEARCHED,
    "multilingual": SEARCHED,
    "candidates": ("nDCG@10", "P@5", "MAP", "MRR@10"),
    "memory": ("nDCG@10", "R@5", "R@10"),
    "screening": ("WSS@95", "MAP"),
    "published": ("nDCG@10",),
}
GRADED = ("nDCG@10", "P(rel=2)@5", "MAP(rel=2)", "MRR(rel=2)@10")
"""Where grade 1 means related but no answer."""


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """One set as it is measured.

    Parameters
    ----------
    name : str
        Its own name in results and on the command line.
    table : str
        Where the page shows it; decides the measures where ``measures`` is empty.
    split : str
        Which judgements.
    queries : int | None
        Sample of so many; None takes all.
    language : str | None
        Of BM25; None takes the set's own, which is English.
    path : str
        Under the data folder; empty where it is the name.
    measures, stages
        What is measured.
    bm25 : tuple[float, float]
        Saturation and length normalisation.
    """

    name: str
    table: Table
    split: str = "test"
    queries: int | None = None
    language: str | None = None
    path: str = ""
    measures: tuple[str, ...] = ()
    stages: tuple[str, ...] = STAGES
    bm25: tuple[float, float] = (1.2, 0.75)

    @property
    def place(self) -> str:
        """Path under the data folder."""
        return self.path or self.name

    def request(self, data: Path) -> Request:
        """What ``pertinent evaluate`` is asked for."""
        k, b = self.bm25
        return Request(
            (str(data / self.place),),
            split=self.split,
            candidates=CANDIDATES,
            stages=self.stages,
            metrics=self.measures or MEASURES[self.table],
            queries=self.queries,
            language=self.language,
            bm25_k=k,
            bm25_b=b,
        )


def _screening(*reviews: str) -> Iterable[JudgedSet]:
    return (JudgedSet(review, "screening", path=f"screening/{review}.jsonl.gz") for review in reviews)


SETS = (
    JudgedSet(
        "scifact_flat", "published", path="scifact", measures=("nDCG@10",), stages=("bm25",), bm25=(0.9, 0.4)
    ),
    JudgedSet("scifact", "english"),
    JudgedSet("nfcorpus", "english", "dev"),
    JudgedSet("pubmedqa", "english", queries=200),
    JudgedSet("bioasq", "english", "dev"),
    JudgedSet("evidence_inference", "english", "dev", queries=200),
    JudgedSet("insuranceqa_en", "english", "dev", queries=100),
    JudgedSet("xquad_r_en", "english", queries=200),
    JudgedSet("mmlongbench", "english", path="formats/mmlongbench"),
    JudgedSet("trec_dl19_bm25", "candidates", measures=GRADED),
    JudgedSet("trec_dl19_splade", "candidates", measures=GRADED),
    JudgedSet("mediqa2019_qa", "candidates", "dev", measures=GRADED),
    JudgedSet("wikiqa", "candidates", "dev"),
    JudgedSet("nli4ct", "candidates", "dev", queries=100),
    JudgedSet("locomo", "memory"),
    JudgedSet("realtalk", "memory"),
    *_screening(
        "Bannach-Brown_2019",
        "Cohen_2006_ADHD",
        "Cohen_2006_AtypicalAntipsychotics",
        "Cohen_2006_CalciumChannelBlockers",
        "Cohen_2006_NSAIDS",
        "Cohen_2006_OralHypoglycemics",
        "Cohen_2006_SkeletalMuscleRelaxants",
        "Cohen_2006_UrinaryIncontinence",
        "Nagtegaal_2019",
    ),
    JudgedSet("xquad_r_de", "multilingual", queries=100, language="german"),
    JudgedSet("germanquad", "multilingual", queries=100, language="german"),
    JudgedSet("xquad_r_ar", "multilingual", queries=100, language="arabic"),
    JudgedSet("xquad_r_hi", "multilingual", queries=100, language="none"),
    JudgedSet("xquad_r_zh", "multilingual", queries=100, language="chinese"),
    JudgedSet("insuranceqa_zh", "multilingual", "dev", queries=100, language="chinese"),
    JudgedSet("jaquad", "multilingual", "dev", queries=100, language="japanese"),
)


def chosen(names: Iterable[str]) -> tuple[JudgedSet, ...]:
    """Sets by their names or by that of their table; all of them where nothing is named.

    Raises
    ------
    KeyError
        If a name is none of these.
    """
    wanted = set(names)
    if unknown := wanted - {each.name for each in SETS} - {each.table for each in SETS}:
        raise KeyError(", ".join(sorted(unknown)))
    return tuple(each for each in SETS if not wanted or {each.name, each.table} & wanted)
