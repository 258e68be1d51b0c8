"""What services took for an answer, in a line for people."""

from __future__ import annotations

from collections.abc import Iterable

from pertinent.cli.console import one_line
from pertinent.types import Failover, Receipt


def served_line(receipts: Iterable[Receipt], failovers: Iterable[Failover]) -> str:
    """Tokens and dollars of each receipt, then who did not answer and why; empty where no service was asked.

    Examples
    --------
    >>> served_line([Receipt("fireworks", "m", tokens=1200, cost=0.0001)], [Failover("ours", "no key")])
    'fireworks: 1,200 tokens, $0.000100 · ours did not answer: no key'
    """
    told = []
    for receipt in receipts:
        tokens = "tokens not told" if receipt.tokens is None else f"{receipt.tokens:,} tokens"
        cost = "price not known" if receipt.cost is None else f"${receipt.cost:.6f}"
        told.append(f"{receipt.provider}: {tokens}, {cost}")
    told += [f"{failover.name} did not answer: {failover.reason}" for failover in failovers]
    return one_line(" · ".join(told))
