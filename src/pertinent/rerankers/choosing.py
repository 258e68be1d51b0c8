"""Which size suits: a stated need in, a ranked recommendation with its reasons out.

Nothing is measured. Fees are volume times price. The compute of a local model is a lower bound:
two operations for each weight and token, at the speed that the machine is said to reach; real runs
take longer, and ``pertinent models check`` measures them. The order of sizes is that of a published
guide, corrected where published results contradict it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pertinent.rerankers.needs import NO_TIME_TO_RERANK_MS, Need
from pertinent.rerankers.offers import CARRIED, OFFERS, SIZES, Offer, Size
from pertinent.rerankers.reasons import WITHOUT_RERANKER, cautions, lone_embedder_cautions, reasons

THIS_MACHINE = "this machine"


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to do it.

    Parameters
    ----------
    size : str
        ``"carried"``, ``"0.6B"``, ``"4B"`` or ``"8B"``.
    reranker : str | None
        None where the embedder's order is the answer.
    embedder : str
        The embedder of the same family.
    where : str
        ``"this machine"``, or a provider.
    dollars_per_month : float | None
        Fees for reranking; 0 on a machine of your own, None where the price is not known here.
    tflop_per_query : float
        Tera-operations of one query on this machine, at least; of a provider's, 0.
    milliseconds : float | None
        What these take at the stated speed, at least; None at a provider, who publishes no time.
    reasons, cautions : tuple[str, ...]
        What speaks for it, and what to mind.
    """

    size: str
    reranker: str | None
    embedder: str
    where: str
    dollars_per_month: float | None
    tflop_per_query: float
    milliseconds: float | None
    reasons: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A way that does not do."""

    choice: Choice
    because: str


@dataclass(frozen=True, slots=True)
class Advice:
    """The answer.

    Parameters
    ----------
    need : Need
        The question.
    choices : tuple[Choice, ...]
        What fits, the most suitable first; empty where nothing does.
    refused : tuple[Refused, ...]
        What does not, and why.
    note : str
        When the embedder alone is enough.
    """

    need: Need
    choices: tuple[Choice, ...]
    refused: tuple[Refused, ...]
    note: str = WITHOUT_RERANKER

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def choose(need: Need) -> Advice:
    """Recommend a reranker with its embedder, and where to run them.

    Parameters
    ----------
    need : Need
        What is wanted.

    Returns
    -------
    Advice
        Ranked choices, and the refused ones with what speaks against each.

    Examples
    --------
    >>> choose(Need(where="local", language="english")).choices[0].reranker
    'pertinent-mini-reranker'
    >>> choose(Need("accuracy", budget=2000)).choices[0].where
    'DeepInfra'
    """
    fitting: list[tuple[tuple[float, ...], Choice]] = []
    refused: list[Refused] = []
    for key, choice in _ways(need):
        because = _against(need, choice)
        if because:
            refused.append(Refused(choice, because))
        else:
            fitting.append((key, choice))
    fitting.sort(key=lambda way: way[0])
    return Advice(need, tuple(choice for _, choice in fitting), tuple(refused))


def _ways(need: Need) -> Iterator[tuple[tuple[float, ...], Choice]]:
    """All ways, each with its place in the order; no place depends on the budget.

    So a smaller budget, which only takes ways out, never leads to a dearer one.
    """
    for size in SIZES:
        place = need.order.index(size.name)
        if need.where != "remote":
            yield (place, 0, 0, 0), _local(need, size)
        if need.where != "local":
            for offer in OFFERS:
                if offer.size == size.name:
                    key = place, 2 if offer.doubt else 1, float(offer.dollars is None), offer.dollars or 0
                    yield key, _remote(need, size, offer)
    if need.where != "remote":
        for place, size in enumerate(reversed(SIZES[:2]), len(SIZES)):
            yield (place, 0, 0, 0), _lone_embedder(need, size)


def _local(need: Need, size: Size) -> Choice:
    operations = need.operations(size)
    return Choice(
        size.name,
        size.reranker,
        size.embedder,
        THIS_MACHINE,
        0.0,
        operations,
        1000 * operations / need.tflops,
        reasons(need, size),
        cautions(need, size, None),
    )


def _remote(need: Need, size: Size, offer: Offer) -> Choice:
    return Choice(
        size.name,
        size.reranker,
        size.embedder,
        offer.provider,
        None if offer.dollars is None else need.dollars_per_month(offer.dollars),
        0.0,
        None,
        reasons(need, size),
        cautions(need, size, offer),
    )


def _lone_embedder(need: Need, size: Size) -> Choice:
    operations = 2 * size.embedder_multiplied * need.query_tokens / 1e12
    return Choice(
        size.name,
        None,
        size.embedder,
        THIS_MACHINE,
        0.0,
        operations,
        1000 * operations / need.tflops,
        ("The query alone is read, so it is the fastest and cheapest.",),
        lone_embedder_cautions(size),
    )


def _against(need: Need, choice: Choice) -> str:
    """Why a way does not do; empty where it does."""
    if choice.size == CARRIED.name and need.language == "other":
        return "It reads English only."
    if choice.milliseconds is None:
        return _against_provider(need, choice)
    if choice.milliseconds > need.latency_ms:
        return (
            f"One query takes {choice.tflop_per_query:,.3g} TFLOP, so at least {choice.milliseconds:,.0f} ms "
            f"at {need.tflops:g} TFLOP/s; {need.latency_ms:,.0f} ms are allowed."
        )
    wanted = choice.tflop_per_query * need.queries_per_second
    if wanted > need.tflops:
        return (
            f"{need.queries_per_second:g} queries/s take at least {wanted:,.3g} TFLOP/s; this machine is "
            f"taken to give {need.tflops:g}."
        )
    return ""


def _against_provider(need: Need, choice: Choice) -> str:
    if need.latency_ms < NO_TIME_TO_RERANK_MS:
        return f"{need.latency_ms:,.0f} ms leave no time for a request to a provider's reranker."
    if need.budget is None:
        return ""
    if choice.dollars_per_month is None:
        return "Its price is not known here, so nobody can say that it fits the budget."
    if choice.dollars_per_month > need.budget:
        return f"It costs ${choice.dollars_per_month:,.2f} a month; ${need.budget:,.2f} are allowed."
    return ""
