"""Hard negatives: passages that a first stage, or the reranker of today, takes for answers.

Source: Xiong et al., "Approximate Nearest Neighbor Negative Contrastive Learning for Dense Text Retrieval"
(ICLR 2021) for negatives from an index, with BM25's beside them as in Karpukhin et al., "Dense Passage
Retrieval" (EMNLP 2020). What is found was not judged, and some of it answers; ``label`` sorts that out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import chain, islice, zip_longest

from pertinent.embedders.protocol import TextEmbedder
from pertinent.errors import UsageError
from pertinent.evaluate.first_stage import WithoutVectors, open_index, searched_candidates
from pertinent.evaluate.request import Request
from pertinent.evaluate.task import Task
from pertinent.rerankers.protocol import Scorer, checked
from pertinent.train.config import MineConfig
from pertinent.train.examples import MOST_PASSAGES, Example, TrainingPassage
from pertinent.train.likeness import bare_text, same_text
from pertinent.types import Candidate, Document, Progress, content_hash

BLOCK = 256
"""Examples that are held at once."""


def mine(
    examples: Iterable[Example],
    documents: Callable[[], Iterator[Document]],
    config: MineConfig,
    embedder: TextEmbedder | None,
    reranker: Scorer | None = None,
    progress: Progress | None = None,
    *,
    language: str = "english",
) -> Iterator[Example]:
    """Give every example hard negatives.

    Parameters
    ----------
    examples : Iterable[Example]
        With what is known of them.
    documents : Callable[[], Iterator[Document]]
        Reads the texts to look in, anew at each call; indexed once, in the cache folder.
    config : MineConfig
        Which lists, how deep, how many.
    embedder : TextEmbedder | None
        Of the dense list; None where that is not asked for.
    reranker : Scorer | None
        Orders what the lists found, so that the hardest are taken; None takes the lists by turns.
    progress : Callable[[int, int], None] | None
        Called with (documents indexed, 0), then (examples done, 0).
    language : str
        Of BM25.

    Returns
    -------
    Iterator[Example]
        One for each example, in their order, so that a run can go on after those that are written (see
        ``resume``). Its own passages stand first. What is found has ``relevant`` None; none of it holds the
        same text as another passage of the example.

    Raises
    ------
    UsageError
        If the dense list is asked for without an embedder.
    """
    if embedder is None and "dense" in config.lists:
        raise UsageError(
            "The dense list is made by an embedder, and there is none.", hint="Name one, or take bm25 alone."
        )
    used = WithoutVectors() if embedder is None or "dense" not in config.lists else embedder
    request = Request(("mine",), candidates=config.depth, stages=("bm25", "dense", "rrf"))
    texts = _texts_task(documents, language)
    waiting = iter(examples)
    done = 0
    report = (lambda indexed: progress(indexed, 0)) if progress else None
    with closing(open_index(texts, used, request, report)) as store:
        while block := list(islice(waiting, BLOCK)):
            task = replace(texts, queries={str(place): each.query for place, each in enumerate(block)})
            found = searched_candidates(task, store, used, request)
            for example, (_, first) in zip(block, found, strict=True):
                yield with_negatives(example, first.candidates, config, reranker)
                done += 1
                if progress:
                    progress(done, 0)


def _texts_task(documents: Callable[[], Iterator[Document]], language: str) -> Task:
    """The texts as a task, each by its content: ids of different sources may be the same."""

    def by_content() -> Iterator[Document]:
        for document in documents():
            key = content_hash(document.title, document.text)
            yield Document(key, document.text, title=document.title)

    made_of = content_hash(*(document.id for document in by_content()))
    return Task("texts", "train", "retrieval", {}, {}, made_of, documents=by_content, language=language)


def with_negatives(
    example: Example, candidates: Sequence[Candidate], config: MineConfig, reranker: Scorer | None
) -> Example:
    """One example with what was found for it.

    Parameters
    ----------
    example : Example
        With what is known.
    candidates : Sequence[Candidate]
        What both lists found.
    config, reranker
        As for :func:`mine`.
    """
    known = [bare_text(passage.text) for passage in example.passages]
    unknown = [
        candidate
        for candidate in candidates
        if not any(same_text(bare_text(candidate.passage.content), text) for text in known)
    ]
    lists = [_listed(unknown, name) for name in config.lists]
    if reranker is not None:
        lists = [_reranked(example.query, list(dict.fromkeys(chain(*lists))), reranker)]
    origins = config.lists if reranker is None else ("reranker",)
    places = zip_longest(*(each[config.skip :] for each in lists))
    mined: list[TrainingPassage] = []
    most = min(config.negatives, MOST_PASSAGES - len(example.passages))
    for origin, content in ((o, c) for place in places for o, c in zip(origins, place, strict=True)):
        bare = bare_text(content or "")
        if content and len(mined) < most and not any(same_text(bare, text) for text in known):
            known.append(bare)
            mined.append(TrainingPassage(content, None, origin))
    return replace(example, passages=(*example.passages, *mined))


def _listed(candidates: Iterable[Candidate], name: str) -> list[str]:
    """Contents of the candidates that one list found, in its order."""
    ranked = [
        (rank, candidate.passage.content)
        for candidate in candidates
        if (rank := candidate.bm25_rank if name == "bm25" else candidate.dense_rank) is not None
    ]
    return [content for _, content in sorted(ranked)]


def _reranked(query: str, contents: list[str], reranker: Scorer) -> list[str]:
    scores = checked(reranker.score(query, contents), contents)
    order = sorted(range(len(contents)), key=lambda place: (-scores[place].margin, place))
    return [contents[place] for place in order]
