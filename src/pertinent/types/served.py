"""What services took for an answer, and who gave none before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one call of a service took.

    Parameters
    ----------
    provider, model : str
        Who was asked, and for which model.
    tokens : int | None
        Tokens read, as the service counts; None where it does not tell.
    cost : float | None
        US dollars: what the service names, else tokens times the price; None where neither is known.
    requests : int
        Requests that were answered: more than one where the call was split.
    attempts : int
        Requests that were sent, those that failed included.
    seconds : float
        From the first request to the last answer.
    request_ids : tuple[str, ...]
        The service's own names of the requests, for its operators.
    """

    provider: str
    model: str
    tokens: int | None = None
    cost: float | None = None
    requests: int = 1
    attempts: int = 1
    seconds: float = 0.0
    request_ids: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "request_ids": list(self.request_ids)}


@dataclass(frozen=True, slots=True)
class Failover:
    """A member of a chain that did not answer, and why."""

    name: str
    reason: str


def total_cost(receipts: Iterable[Receipt]) -> float | None:
    """US dollars of all receipts; None where one does not tell, or there are none.

    Examples
    --------
    >>> total_cost([Receipt("a", "m", cost=0.25), Receipt("a", "m", cost=0.5)])
    0.75
    >>> total_cost([]) is None
    True
    """
    costs = [receipt.cost for receipt in receipts]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if costs and len(known) == len(costs) else None


def served(receipts: Iterable[Receipt], failovers: Iterable[Failover]) -> dict[str, Any]:
    """Both as plain values for JSON."""
    receipts = tuple(receipts)
    return {
        "cost": total_cost(receipts),
        "receipts": [receipt.to_dict() for receipt in receipts],
        "failovers": [asdict(failover) for failover in failovers],
    }
