"""Judged sets by name, where this machine can reach them.

========================================  ===========================================================
name                                      what
========================================  ===========================================================
``mteb:SciFact``                          a retrieval or reranking task of mteb
``mteb:MIRACLReranking/de``               one subset of it
``mteb-benchmark:MTEB(eng, v2)``          retrieval and reranking tasks of a benchmark
``ir_datasets:beir/scifact/test``         a set of ir_datasets; ``irds:`` for short
``btzsc:agnews``                          a set of BTZSC; a group, ``btzsc:topic``
``scifact``, ``beir``, ``miracl-de``      short names, :data:`SHORT` and :data:`BY_LANGUAGE`
========================================  ===========================================================
"""

from __future__ import annotations

from difflib import get_close_matches

from pertinent.errors import UsageError
from pertinent.evaluate.named.btzsc_sets import open_btzsc
from pertinent.evaluate.named.ir_sets import open_ir_dataset
from pertinent.evaluate.named.mteb_sets import open_mteb, open_mteb_benchmark
from pertinent.evaluate.task import Task

SCHEMES = {
    "mteb": open_mteb,
    "mteb-benchmark": open_mteb_benchmark,
    "ir_datasets": open_ir_dataset,
    "irds": open_ir_dataset,
    "btzsc": open_btzsc,
}
"""What stands before the colon, and what opens the rest."""

SHORT = {
    "beir": "mteb-benchmark:BEIR",
    "trec-covid": "mteb:TRECCOVID",
    "nfcorpus": "mteb:NFCorpus",
    "nq": "mteb:NQ",
    "hotpotqa": "mteb:HotpotQA",
    "fiqa": "mteb:FiQA2018",
    "arguana": "mteb:ArguAna",
    "touche2020": "mteb:Touche2020",
    "cqadupstack": "mteb:CQADupstackRetrieval",
    "quora": "mteb:QuoraRetrieval",
    "dbpedia-entity": "mteb:DBPedia",
    "scidocs": "mteb:SCIDOCS",
    "fever": "mteb:FEVER",
    "climate-fever": "mteb:ClimateFEVER",
    "scifact": "mteb:SciFact",
    "msmarco": "mteb:MSMARCO",
    "askubuntu": "mteb:AskUbuntuDupQuestions",
    "mind": "mteb:MindSmallReranking",
    "scidocs-rerank": "mteb:SciDocsRR",
    "stackoverflow": "mteb:StackOverflowDupQuestions",
    "t2reranking": "mteb:T2Reranking",
    "miracl": "mteb:MIRACLRetrieval",
    "miracl-rerank": "mteb:MIRACLReranking",
    "miracl-hard": "mteb:MIRACLRetrievalHardNegatives",
    "mldr": "mteb:MultiLongDocRetrieval",
    "mldr-rerank": "mteb:MultiLongDocReranking",
    "lmeb": "mteb-benchmark:LMEB",
    "locomo": "mteb:LoCoMo",
    "realtalk": "mteb:REALTALK",
    "longmemeval": "mteb:LongMemEval",
    "btzsc": "btzsc:",
}
"""Short names."""

BY_LANGUAGE = ("miracl", "miracl-rerank", "miracl-hard", "mldr", "mldr-rerank")
"""Short names that may end in a language, as ``miracl-de``."""


def is_named(name: str) -> bool:
    """Whether this is written as the name of a set; whether there is one, only opening it tells.

    Examples
    --------
    >>> is_named("mteb:SciFact"), is_named("SciFact"), is_named("mldr-de"), is_named("data/scifact")
    (True, True, True, False)
    """
    return _full(name) is not None


def open_named(name: str, split: str | None = None) -> list[Task]:
    """Fetch the sets of a name.

    Parameters
    ----------
    name : str
        As in the table above.
    split : str | None
        Which judgements; None takes ``test``, else ``dev``, else the only ones there are.

    Returns
    -------
    list[Task]
        At least one.

    Raises
    ------
    UsageError
        If there is no such set, or the package that knows it is not installed.
    DataError
        If the split is not there, or the set is not in a form that can be used.
    FetchError
        If it cannot be fetched; the hint says what to do on a machine without network.
    """
    full = _full(name)
    if full is None:
        near = get_close_matches(name.casefold(), SHORT, n=3)
        raise UsageError(
            f"There is no set named {name}.",
            hint=f"Did you mean {', '.join(near)}?"
            if near
            else f"Names are {', '.join(f'{s}:NAME' for s in SCHEMES)}, {', '.join(SHORT)}.",
        )
    scheme, _, rest = full.partition(":")
    return SCHEMES[scheme](rest, split)


def _full(name: str) -> str | None:
    """The name with its scheme; None where it is none."""
    scheme, colon, rest = name.partition(":")
    if colon and rest and scheme in SCHEMES:
        return name
    short = name.casefold()
    if short in SHORT:
        return SHORT[short]
    stem, _, language = short.rpartition("-")
    return f"{SHORT[stem]}/{language}" if stem in BY_LANGUAGE and 2 <= len(language) <= 3 else None
