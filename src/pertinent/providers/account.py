"""What services took in a stretch of work, whoever asked them there.

A reranker may stand within another, within a cascade, within a search. What a call cost is noted where it is
made and read where the result is made, and nothing in between has to pass it on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from pertinent.types.served import Failover, Receipt


@dataclass(slots=True)
class Account:
    """Everything that was noted.

    Parameters
    ----------
    receipts : list[Receipt]
        Of calls that services answered.
    failovers : list[Failover]
        Members of chains that did not answer.
    """

    receipts: list[Receipt] = field(default_factory=list)
    failovers: list[Failover] = field(default_factory=list)


_open: ContextVar[tuple[Account, ...]] = ContextVar("accounts", default=())


@contextmanager
def accounting() -> Iterator[Account]:
    """Open an account for a block; one within another is part of it.

    Examples
    --------
    >>> with accounting() as account:
    ...     note(Receipt("deepinfra", "m", cost=0.5))
    >>> account.receipts[0].cost
    0.5
    """
    account = Account()
    token = _open.set((*_open.get(), account))
    try:
        yield account
    finally:
        _open.reset(token)


def note(*noted: Receipt | Failover) -> None:
    """Write into every account that is open; a no-op where none is."""
    for account in _open.get():
        for one in noted:
            if isinstance(one, Receipt):
                account.receipts.append(one)
            else:
                account.failovers.append(one)
