"""Several rerankers in an order of preference: the first that answers scores all documents.

Margins of two models cannot be compared, so no ranking mixes them: where a member fails, even after it scored
a part, the next one scores everything again. A service that refuses the key is not asked again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pertinent.engine.chunks import require_texts
from pertinent.errors import PertinentError, ProviderError, ProviderUnavailable, UsageError
from pertinent.providers.account import note
from pertinent.providers.leaving import services_of
from pertinent.rerankers.member import Member
from pertinent.rerankers.protocol import Scorer, checked
from pertinent.rerankers.timed import Deadline, Timed, TimedScorer, score_timed
from pertinent.types import Failover, ModelInfo, Progress, Scores

if TYPE_CHECKING:
    from pertinent.rerankers.hedging import Hedge

log = logging.getLogger(__name__)

KEY_REFUSED = (401, 403)
"""HTTP statuses after which a service is not asked again: no other call would have another key."""

SHARE_OF_TIME = 0.5
"""Of what is left until a deadline, for a service that others follow."""


class Chain:
    """Asks its members in order until one answers; implements ``Scorer``.

    Parameters
    ----------
    members : Sequence[Member]
        At least one.
    hedge : bool
        Whether the second member is asked as well where the first is later than it nearly always is; the
        first answer counts. Both have to be services; at most one call in twenty is asked twice.
    """

    def __init__(self, members: Sequence[Member], *, hedge: bool = False) -> None:
        if not members:
            raise UsageError("The chain has no rerankers.", hint="Name at least one.")
        self._members = tuple(members)
        self._hedge: Hedge | None = None
        if hedge and len(members) > 1:
            from pertinent.rerankers.hedging import Hedge

            self._hedge = Hedge()
        self._out: dict[str, str] = {}
        """Why members that are not asked any more are not, by name."""

    def __repr__(self) -> str:
        return f"Chain({', '.join(member.name for member in self._members)})"

    @property
    def model(self) -> ModelInfo:
        """The first member's, under the names of all; which one answers is known of an answer alone."""
        names = " | ".join(member.name for member in self._members)
        return replace(self._members[0].model, name=names, source="")

    @property
    def services(self) -> tuple[str, ...]:
        """Who is sent texts (see ``services_of``)."""
        return services_of(*self._members)

    def answered(self, scores: Scores) -> ModelInfo:
        """Which member gave these scores; the chain where there are none."""
        member = self._who_answered(scores)
        return self.model if member is None else member.model

    def constants_of(self, scores: Scores) -> Mapping[str, float]:
        """The constants of the member that gave these scores; none where there are no scores."""
        member = self._who_answered(scores)
        return {} if member is None else constants_of(member.scorer(), scores)

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        """Score each document by the first member that answers (see ``Scorer.score``).

        Raises
        ------
        ProviderUnavailable
            If no member answers; with the reason of each.
        UsageError
            If something given is not a string.
        """
        require_texts([query, *([instruction] if instruction is not None else [])], "query and instruction")
        require_texts(documents, "documents")
        if not documents:
            return ()
        failed: list[Failover] = []
        scores = self._hedged(query, documents, instruction, failed)
        if scores is not None:
            return scores
        told = {one.name for one in failed}
        for member in self._members:
            if member.name in told or self._is_out(member, failed):
                continue
            try:
                scored = member.scorer().score(query, documents, instruction, progress=progress)
                return checked(scored, documents)
            except Exception as error:  # whatever one does, there is another
                self._failed(member, error, failed)
        raise self._nobody(failed)

    def score_timed(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None,
        deadline: Deadline,
        *,
        progress: Progress | None = None,
    ) -> Timed:
        """Score the first documents, as many as there is time for, by one member.

        A service that others follow gets a share of the time, so that there is some left to ask them in.
        """
        failed: list[Failover] = []
        best = Timed(())
        for place, member in enumerate(self._members):
            if place and deadline.left <= 0:
                break
            part = deadline.part(SHARE_OF_TIME)
            if self._is_out(member, failed):
                continue
            try:
                scorer = member.scorer()
                last = place + 1 == len(self._members)
                until = part if isinstance(scorer, TimedScorer) and not last else deadline
                timed = score_timed(scorer, query, documents, instruction, until, progress=progress)
            except Exception as error:
                timed = Timed((), error)
            if timed.error is None:
                return timed
            self._failed(member, timed.error, failed)
            best = max(best, timed, key=lambda one: len(one.scores))
        return Timed(best.scores, self._nobody(failed))

    def _hedged(
        self, query: str, documents: Sequence[str], instruction: str | None, failed: list[Failover]
    ) -> Scores | None:
        """Scores of the first two members, where both are services that may be asked together."""
        if self._hedge is None or self._out.keys() & {member.name for member in self._members[:2]}:
            return None
        from pertinent.rerankers.hedging import services

        pair = services(*self._members[:2])
        if len(pair) < 2:
            return None

        def tell(member: Member, error: Exception) -> None:
            self._failed(member, error, failed)

        return self._hedge.score(pair[0], pair[1], query, documents, instruction, tell)

    def _who_answered(self, scores: Scores) -> Member | None:
        return next((one for one in self._members if scores and one.name == scores[0].model), None)

    def _failed(self, member: Member, error: Exception, failed: list[Failover]) -> None:
        self._note(Failover(member.name, reason_of(error)), failed)
        if isinstance(error, ProviderError) and error.status in KEY_REFUSED:
            self._out[member.name] = f"it answered {error.status} and is not asked again by this process"
            log.warning(
                "%s answered %d and is not asked again by this process. Check its key, and start again.",
                member.name,
                error.status,
            )

    def _is_out(self, member: Member, failed: list[Failover]) -> bool:
        """Whether it is not asked any more; noted, as a failure is."""
        reason = self._out.get(member.name)
        if reason is not None:
            self._note(Failover(member.name, reason), failed)
        return reason is not None

    def _note(self, failover: Failover, failed: list[Failover]) -> None:
        failed.append(failover)
        note(failover)

    def _nobody(self, failed: Sequence[Failover]) -> ProviderUnavailable:
        reasons = "; ".join(f"{one.name}: {one.reason}" for one in failed)
        return ProviderUnavailable(
            f"None of the {len(self._members)} rerankers answered. {reasons}",
            hint="Correct what they tell, or add a local model to the chain, which needs no network.",
        )


def answered(scorer: Scorer, scores: Scores) -> ModelInfo:
    """The model that gave these scores: of a chain the member, of others the only one."""
    tell = getattr(scorer, "answered", None)
    found: ModelInfo = scorer.model if tell is None else tell(scores)
    return found


def constants_of(scorer: object, scores: Scores = ()) -> Mapping[str, float]:
    """What the model that gave these scores carries for the formula that search orders by; may be empty.

    Without scores it is what the scorer carries, whoever answers; of a chain nothing.
    """
    tell = getattr(scorer, "constants_of", None)
    found: Mapping[str, float] = getattr(scorer, "constants", {}) if tell is None else tell(scores)
    return found


def reason_of(error: Exception) -> str:
    """Why a reranker failed, without texts: what an error of ours says, of others the kind."""
    return error.message if isinstance(error, PertinentError) else f"it failed ({type(error).__name__})"
