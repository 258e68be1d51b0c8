"""What teachers say of examples: the margin of each one for each pair."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pertinent.embedders.embedder import Embedder
from pertinent.embedders.protocol import TextEmbedder, Vectors
from pertinent.errors import UsageError
from pertinent.rerankers.cached import with_cache
from pertinent.rerankers.protocol import Scorer, checked
from pertinent.rerankers.reranker import Reranker
from pertinent.train.examples import Example
from pertinent.types import ModelInfo, Progress, Score, Scores

EMBEDDER = "embedder:"
"""Before the name of a teacher that is an embedder."""

COSINE_SCALE = 20.0
"""A cosine times this is an embedder's margin; embedders are mostly trained at a temperature of 0.05."""

MOST_VECTORS = 50_000
"""Of passages that an embedder's teacher remembers: a hard negative of one query is one of others too."""


class EmbedderTeacher:
    """Scores pairs by the cosine of their vectors; implements ``Scorer``.

    Parameters
    ----------
    embedder : TextEmbedder
        Makes the vectors.
    scale : float
        Margin of a cosine of 1.
    """

    def __init__(self, embedder: TextEmbedder, scale: float = COSINE_SCALE) -> None:
        self._embedder = embedder
        self._scale = scale
        self._known: dict[str, Vectors] = {}

    @property
    def model(self) -> ModelInfo:
        """Which weights score."""
        return self._embedder.model

    @property
    def fingerprint(self) -> str:
        """Everything that scores depend on besides the texts."""
        model = self.model
        return json.dumps(
            ["cosine", self._scale, model.name, model.revision, model.dimensions, model.max_tokens]
        )

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        """Score each document (see ``Scorer.score``)."""
        if not documents:
            return ()
        asked = self._embedder.embed_queries([query], instruction)[0]
        cosines = self._vectors(documents, progress) @ asked
        return tuple(Score.from_margin(self._scale * cosine, self.model) for cosine in cosines.tolist())

    def _vectors(self, documents: Sequence[str], progress: Progress | None) -> Vectors:
        if len(self._known) + len(documents) > MOST_VECTORS:
            self._known.clear()
        new = [text for text in dict.fromkeys(documents) if text not in self._known]
        if new:
            vectors = self._embedder.embed_documents(new, progress=progress)
            self._known |= zip(new, vectors, strict=True)
        return np.stack([self._known[text] for text in documents])


def open_teacher(name: str, *, cached: bool = True) -> Scorer:
    """Find a teacher by the name that a configuration gives it.

    Parameters
    ----------
    name : str
        A reranker's name or folder; an embedder's behind ``embedder:``, alone for the carried one.
    cached : bool
        Whether its scores are kept, so that an interrupted stage goes on.
    """
    if name.startswith(EMBEDDER):
        scorer: Scorer = EmbedderTeacher(Embedder(name.removeprefix(EMBEDDER) or None))
        return with_cache(scorer, True) if cached else scorer
    return Reranker(name, cache=cached)


def ask_teachers(
    examples: Iterable[Example], teachers: Mapping[str, Scorer], progress: Progress | None = None
) -> Iterator[Example]:
    """Write down every teacher's margin of every pair, but for those that stand there already.

    Parameters
    ----------
    examples : Iterable[Example]
        What is asked about.
    teachers : Mapping[str, Scorer]
        Rerankers, or embedders as :class:`EmbedderTeacher`, by the names that margins get. One with a score
        cache computes no pair twice, whatever examples it stands in.
    progress : Callable[[int, int], None] | None
        Called with (examples done, 0).

    Returns
    -------
    Iterator[Example]
        One for each example, in their order, so that a run can go on after those that are written (see
        ``resume``).

    Raises
    ------
    UsageError
        If there is no teacher.
    ModelError
        If a teacher does not give one finite margin for each passage.
    """
    if not teachers:
        raise UsageError("There is no teacher.", hint="Name one or more in [label], or leave that out.")
    for done, example in enumerate(examples, start=1):
        margins = [dict(passage.margins) for passage in example.passages]
        for name, teacher in teachers.items():
            places = [place for place, known in enumerate(margins) if name not in known]
            texts = [example.passages[place].text for place in places]
            for place, score in zip(
                places, checked(_scores(teacher, example.query, texts), texts), strict=True
            ):
                margins[place][name] = score.margin
        passages = zip(example.passages, margins, strict=True)
        yield replace(example, passages=tuple(replace(each, margins=known) for each, known in passages))
        if progress:
            progress(done, 0)


def _scores(teacher: Scorer, query: str, texts: list[str]) -> Scores:
    return teacher.score(query, texts) if texts else ()
