"""What calls cost, and a cap on it.

A call is estimated before it is sent, its tokens rather too many than too few; where the estimate could
exceed the cap, nothing is sent. What a service was sent and did not answer is counted at its estimate, since
it may be billed. The cap holds for one process and one provider.
"""

from __future__ import annotations

from collections.abc import Mapping

from pertinent.errors import ProviderRefused
from pertinent.providers.calls import Usage

MILLION = 1_000_000


def price_of(model: str, *prices: Mapping[str, float]) -> float | None:
    """US dollars for a million tokens of a model, from the first table that knows it.

    Examples
    --------
    >>> price_of("m", {}, {"m": 0.05})
    0.05
    """
    return next((table[model] for table in prices if model in table), None)


def cost_of(usage: Usage, price: float | None) -> float | None:
    """US dollars of a call: what the service names, else its tokens times the price.

    Examples
    --------
    >>> cost_of(Usage(tokens=2_000_000), 0.05)
    0.1
    """
    if usage.cost is not None:
        return usage.cost
    return None if usage.tokens is None else dollars(usage.tokens, price)


def dollars(tokens: int, price: float | None) -> float | None:
    """US dollars of so many tokens; None where their price is not known."""
    return None if price is None else tokens * price / MILLION


class Purse:
    """Dollars spent at one provider; used by one thread.

    Parameters
    ----------
    provider : str
        Whose.
    cap : float | None
        US dollars; None for no cap.

    Examples
    --------
    >>> purse = Purse("deepinfra", 1.0)
    >>> purse.reserve(0.75)
    >>> purse.settle(0.75, 0.5)
    >>> purse.spent
    0.5
    """

    def __init__(self, provider: str, cap: float | None) -> None:
        self._provider = provider
        self._cap = cap
        self._reserved = 0.0
        self.spent = 0.0

    def reserve(self, estimate: float | None) -> None:
        """Set dollars aside for a request.

        Raises
        ------
        ProviderRefused
            If they could exceed the cap, or nobody knows how many they are.
        """
        if self._cap is None:
            return
        setting = f"spend_cap under [providers.{self._provider}]"
        if estimate is None:
            raise ProviderRefused(
                f"{self._provider} has a spend cap, and the model's price is not known; nothing was sent.",
                hint=f"Give its price under [providers.{self._provider}.prices], or remove spend_cap.",
                provider=self._provider,
            )
        if self.spent + self._reserved + estimate > self._cap:
            raise ProviderRefused(
                f"{self._provider} has a spend cap of ${self._cap:g}, and this call could exceed it; "
                "nothing was sent.",
                hint=f"Raise {setting}, or score fewer texts. The cap counts from the start of this process.",
                provider=self._provider,
            )
        self._reserved += estimate

    def settle(self, estimate: float | None, cost: float | None) -> None:
        """Count what a request cost, and give back what was set aside for it."""
        if self._cap is not None and estimate is not None:
            self._reserved = max(0.0, self._reserved - estimate)
        self.spent += (estimate or 0.0) if cost is None else cost
