"""Two rerankers in a row: a small one reads everything, a large one only the top of its order.

The rule, for the first ``top_k`` documents:

1. The small model scores all documents.
2. The large one scores the first ``depth`` of them, and every further one whose small margin is at
   most ``slack`` below that of the last: so documents that the small model holds equal are read
   together, and what is read does not depend on the order of the call.
3. With ``patience`` the large one goes on down the small model's order, so many documents (and
   their equals) at a time, until a run of them brings nothing new into its own first ``top_k``.

The first ``top_k`` are those of the large model alone wherever the small one put them among what
was read. What the small model puts too deep is lost; nothing can tell without reading it.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from pertinent.engine.chunks import require_texts
from pertinent.engine.identity import RunsOn, prompt_hash_of, runs_on_of, tokens_of
from pertinent.engine.loading import load_now
from pertinent.errors import UsageError
from pertinent.providers.leaving import services_of
from pertinent.rerankers.chain import constants_of
from pertinent.rerankers.protocol import Scorer, checked
from pertinent.types import ModelInfo, Progress, Score, Scores, logistic

DEPTH_PER_HIT = 3
"""Documents that the large model reads for each one asked for, where no depth is given."""

LEAST_DEPTH = 20
"""Documents that the large model reads at least, where no depth is given."""


class Cascade:
    """Scores with a small model, and what is near the top with a large one; implements ``Scorer``.

    Margins of two models are never compared. A document that the large model read has its score.
    Any other keeps the small model's name and ``exact=False``, and its margin is an estimate: the
    lowest margin of the large model in this call, less the distance by which the small model puts
    the document behind the best one that was not read. So all that was read stands before all that
    was not, and the latter in the small model's order. Unlike the scores of one model, estimates,
    and which documents have them, depend on the other documents of the call.

    Parameters
    ----------
    small, large : Scorer
        The two models.
    top_k : int | None
        How many first places matter where a call does not say; without either nothing is scored.
    depth : int | None
        Documents that the large model reads, never fewer than ``top_k``; None takes three for each
        of ``top_k`` and at least 20. A call with no more documents does not ask the small model.
    slack : float
        How far below the last of those a small margin may lie for the large model to read it too.
    patience : int | None
        Documents of a further run; None stops after ``depth``.

    Raises
    ------
    UsageError
        If a number makes no sense.
    """

    def __init__(
        self,
        small: Scorer,
        large: Scorer,
        *,
        top_k: int | None = None,
        depth: int | None = None,
        slack: float = 0.0,
        patience: int | None = None,
    ) -> None:
        for name, number in (("top_k", top_k), ("depth", depth), ("patience", patience)):
            if number is not None and not (isinstance(number, int) and number >= 1):
                raise UsageError(f"{name} is {number!r}.", hint="Give 1 or more, or leave it out.")
        if not 0 <= slack < math.inf:
            raise UsageError(f"slack is {slack}.", hint="Give a number of 0 or more, in units of the margin.")
        self.small = small
        self.large = large
        self._top_k = top_k
        self._depth = depth
        self._slack = slack
        self._patience = patience

    @property
    def model(self) -> ModelInfo:
        """Both models, as one: the large one's family and window, names and revisions joined."""
        small, large = self.small.model, self.large.model
        licences = dict.fromkeys(filter(None, (large.licence, small.licence)))
        return replace(
            large,
            name=f"{small.name} + {large.name}",
            revision=f"{small.revision} + {large.revision}",
            parameters=small.parameters + large.parameters,
            licence=" AND ".join(licences),
            description=f"{small.name} reads all, {large.name} the best of it",
            source="",
        )

    @property
    def services(self) -> tuple[str, ...]:
        """Who is sent texts (see ``services_of``)."""
        return services_of(self.small, self.large)

    @property
    def settings(self) -> Mapping[str, float]:
        """Every number that decides what the large model reads; those that were not given are left out."""
        given = {"top_k": self._top_k, "depth": self._depth, "slack": self._slack, "patience": self._patience}
        rule = {"depth_per_hit": DEPTH_PER_HIT, "least_depth": LEAST_DEPTH}
        return {name: value for name, value in (given | rule).items() if value is not None}

    @property
    def constants(self) -> Mapping[str, float]:
        """The large model's constants for the formula that search orders by."""
        return constants_of(self.large)

    @property
    def runs_on(self) -> RunsOn:
        """What computes the scores of both, joined as names are; loads them."""
        small, large = runs_on_of(self.small), runs_on_of(self.large)
        return RunsOn(*(f"{one} + {other}" for one, other in zip(small, large, strict=True)))

    def prompt_hash(self, instruction: str | None = None) -> str:
        """Hashes of both models' prompts, joined as names are (see ``Reranker.prompt_hash``)."""
        return f"{prompt_hash_of(self.small, instruction)} + {prompt_hash_of(self.large, instruction)}"

    def count_tokens(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        scores: Scores | None = None,
    ) -> int | None:
        """Tokens that both models read; None where one does not tell.

        Parameters
        ----------
        query, documents, instruction
            As for ``score``.
        scores : tuple[Score, ...] | None
            What ``score`` gave for them, which tells what the large model read; None counts as if it
            had read everything.
        """
        exact = [True] * len(documents) if scores is None else [score.exact for score in scores]
        read = dict.fromkeys(text for text, sure in zip(documents, exact, strict=True) if sure)
        unique = list(dict.fromkeys(documents))
        deep = self._top_k is not None and len(unique) > self._depth_for(self._top_k)
        large = tokens_of(self.large, query, list(read), instruction)
        small = tokens_of(self.small, query, unique, instruction) if deep or not all(exact) else 0
        return None if small is None or large is None else small + large

    def load(self, *, progress: Progress | None = None) -> None:
        """Load both models now rather than at the first score (see ``Reranker.load``)."""
        for scorer in (self.small, self.large):
            load_now(scorer, progress=progress)

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
        top_k: int | None = None,
    ) -> Scores:
        """Score each document: the large model's word or, with ``exact=False``, an estimate.

        Parameters
        ----------
        query, documents, instruction
            As for ``Scorer.score``; None takes each model's default instruction.
        progress : Callable[[int, int], None] | None
            Called with (documents done, documents in all); those that the large model will read are
            done when it has read them.
        top_k : int | None
            How many first places matter; None takes the number given when this was made.

        Raises
        ------
        UsageError
            If neither this call nor the cascade says how many places matter.
        ModelError
            If a model does not give one finite margin per document.
        """
        require_texts(documents, "documents")
        top_k = self._top_k if top_k is None else top_k
        if top_k is None or top_k < 1:
            raise UsageError(
                "A cascade saves work only where a few first places matter.",
                hint="Give top_k, here or where the cascade is made.",
            )
        # Twice the same text is read once: rounding must not part equals where the large model stops.
        unique = list(dict.fromkeys(documents))
        again = len(documents) - len(unique)
        report = _only_forward(progress, len(documents))
        found = self._score_unique(query, unique, instruction, top_k, lambda done: report(again + done))
        by_text = dict(zip(unique, found, strict=True))
        return tuple(by_text[document] for document in documents)

    def _score_unique(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None,
        top_k: int,
        report: Callable[[int], None],
    ) -> Scores:
        depth = self._depth_for(top_k)
        if len(documents) <= depth:
            scores = self.large.score(query, documents, instruction, progress=lambda done, _: report(done))
            return checked(scores, documents)
        # With patience, how much more will be read is known at the end; without, what lies deeper is done.
        settled = 0 if self._patience else len(documents) - depth
        scores = checked(
            self.small.score(
                query, documents, instruction, progress=lambda done, _: report(min(done, settled))
            ),
            documents,
        )
        order = sorted(range(len(documents)), key=lambda place: -scores[place].margin)
        margins = [scores[place].margin for place in order]
        read: dict[int, Score] = {}

        def ask_large(end: int) -> None:
            places = order[len(read) : end]
            texts = [documents[place] for place in places]
            before = settled + len(read)
            found = self.large.score(
                query, texts, instruction, progress=lambda done, _: report(before + done)
            )
            read.update(zip(places, checked(found, texts), strict=True))

        end = self._with_equals(margins, depth)
        settled = 0 if self._patience else len(documents) - end
        ask_large(end)
        while self._patience and end < len(documents):
            bar = heapq.nlargest(top_k, (score.margin for score in read.values()))[-1]
            begin, end = end, self._with_equals(margins, end + self._patience)
            ask_large(end)
            if all(read[place].margin <= bar for place in order[begin:end]):
                break
        report(len(documents))
        return _joined(scores, read, order[end:])

    def _depth_for(self, top_k: int) -> int:
        """Documents that the large model reads for so many first places."""
        return max(top_k, self._depth or max(LEAST_DEPTH, DEPTH_PER_HIT * top_k))

    def _with_equals(self, margins: Sequence[float], end: int) -> int:
        """Where a run of falling margins ends that takes along what lies within the slack of its last."""
        end = min(end, len(margins))
        edge = margins[end - 1] - self._slack
        while end < len(margins) and margins[end] >= edge:
            end += 1
        return end


def _joined(small: Scores, read: Mapping[int, Score], unread: Sequence[int]) -> Scores:
    """The large model's scores, and below them estimates for what it did not read."""
    joined = list(small)
    for place, score in read.items():
        joined[place] = score
    if unread:
        lowest = min(score.margin for score in read.values())
        ceiling = math.nextafter(lowest, -math.inf)
        best = small[unread[0]].margin
        for place in unread:
            margin = min(ceiling, lowest - (best - small[place].margin))
            joined[place] = replace(
                small[place], margin=margin, probability=logistic(margin), exact=False, calibration=""
            )
    return tuple(joined)


def _only_forward(progress: Progress | None, total: int) -> Callable[[int], None]:
    """A report that is passed on where it is more than the last one."""
    furthest = 0

    def report(done: int) -> None:
        nonlocal furthest
        if progress is not None and done > furthest:
            furthest = done
            progress(done, total)

    return report
