"""BTZSC (Aarab, ICLR 2026): zero-shot classification as ranking; 22 sets, fetched through ``datasets``.

The text is the query and the sentences of its labels are the candidates, as in the benchmark; the right
one is relevant. So ``P@1`` of the stage ``rerank`` is the accuracy. The benchmark's first figure is macro-F1,
which is no metric of a ranking. Texts whose right label has no sentence cannot be answered and are left out;
the benchmark's code counts them for the first label.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pertinent.errors import DataError, UsageError
from pertinent.evaluate.extra import require
from pertinent.evaluate.named.fetching import FROM_HUB, fetching
from pertinent.evaluate.named.judged_content import judged_hash
from pertinent.evaluate.task import GivenCandidate, Task
from pertinent.types import content_hash

REPOSITORY = "btzsc/btzsc"
REVISION = "fef2a2ac62b69c58670047dddf045c53d7c3cb5e"
SPLIT = "test"

GROUPS: Mapping[str, Mapping[str, int]] = {
    "sentiment": {
        "amazonpolarity": 2,
        "imdb": 2,
        "appreviews": 2,
        "yelpreviews": 2,
        "rottentomatoes": 2,
        "financialphrasebank": 3,
    },
    "emotion": {"emotiondair": 6, "empathetic": 32},
    "intent": {"banking77": 72, "biasframes_intent": 2, "massive": 59},
    "topic": {
        "agnews": 4,
        "yahootopics": 10,
        "trueteacher": 2,
        "manifesto": 56,
        "capsotu": 21,
        "biasframes_offensive": 2,
        "biasframes_sex": 2,
        "wikitoxic_toxicaggregated": 2,
        "wikitoxic_obscene": 2,
        "wikitoxic_threat": 2,
        "wikitoxic_insult": 2,
    },
}
"""Sets of each group with the number of their labels."""

LABELS = {name: labels for sets in GROUPS.values() for name, labels in sets.items()}

_DROPPED = {"yahootopics": "Business & Finance"}
"""Label whose texts the benchmark leaves out but for the first two."""


def open_btzsc(name: str = "", split: str | None = None) -> list[Task]:
    """Fetch sets of BTZSC.

    Parameters
    ----------
    name : str
        A set (``agnews``), a group of them (``topic``), or nothing for all.
    split : str | None
        There is ``test`` alone.

    Returns
    -------
    list[Task]
        One for each set, of kind ``candidates``.

    Raises
    ------
    UsageError
        If there is no such set or split, or ``datasets`` is not installed.
    DataError
        If the data are not in the form that they are known in.
    FetchError
        If they cannot be fetched.
    """
    names = list(GROUPS.get(name, LABELS if not name else {name: 0}))
    if not set(names) <= set(LABELS):
        raise UsageError(
            f"BTZSC has no set {name}.",
            hint=f"There are the groups {', '.join(GROUPS)} and {', '.join(LABELS)}.",
        )
    if split not in (None, SPLIT):
        raise UsageError(f"BTZSC has no split {split}.", hint=f"There is {SPLIT} alone.")
    return [btzsc_task(name, _rows(name)) for name in names]


def btzsc_task(name: str, rows: Iterable[Mapping[str, Any]]) -> Task:
    """Make a task of pairs of text and label sentence.

    Parameters
    ----------
    name : str
        One of :data:`LABELS`.
    rows : Iterable[Mapping]
        ``text``, ``hypothesis`` (the label's sentence), ``labels`` (1 where it is right) and
        ``label_text`` (name of the right label): for each text one row for each label, always in the
        same order.

    Raises
    ------
    DataError
        If the rows are of another form, or the labels another number.
    """
    pairs = [(row["text"], row["hypothesis"], row["labels"], row["label_text"]) for row in rows]
    sentences = [sentence for _, sentence, _, _ in pairs[: LABELS[name]]]
    size = len(sentences)
    if not size or len(set(sentences)) != LABELS[name] or len(pairs) % size:
        raise _changed(name)
    queries, judgements = {}, {}
    for place in range(0, len(pairs), size):
        block = pairs[place : place + size]
        number = place // size
        if [pair[1] for pair in block] != sentences or len({pair[0] for pair in block}) != 1:
            raise _changed(name)
        right = {str(label): 1 for label, pair in enumerate(block) if pair[2] == 1}
        if len(right) > 1:
            raise _changed(name)
        dropped = number >= 2 and block[0][3] == _DROPPED.get(name)
        if right and not dropped:
            queries[str(number)] = str(block[0][0])
            judgements[str(number)] = right
    labels = tuple(GivenCandidate(str(label), sentence) for label, sentence in enumerate(sentences))
    candidates = dict.fromkeys(queries, labels)
    return Task(
        name=f"btzsc-{name}",
        split=SPLIT,
        kind="candidates",
        queries=queries,
        judgements=judgements,
        data_hash=content_hash("btzsc", name, judged_hash(queries, judgements, candidates)),
        candidates=candidates,
    )


def _rows(name: str) -> list[Mapping[str, Any]]:
    datasets = require("datasets")
    with fetching(f"btzsc:{name}", FROM_HUB):
        return list(datasets.load_dataset(REPOSITORY, name, split=SPLIT, revision=REVISION))


def _changed(name: str) -> DataError:
    return DataError(
        f"The rows of btzsc:{name} are not {LABELS[name]} label sentences for each text.",
        hint="Its form has changed; update Pertinent, or give the set as a folder of candidates.",
    )
