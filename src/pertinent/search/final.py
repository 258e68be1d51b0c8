"""The formula that orders hits: first-stage evidence and the reranker's margin together.

::

    final = weight * logistic(margin / temperature) + (1 - weight) * rrf / (2 / 61)

Both terms lie in 0..1 and neither looks at the other hits of the list, so a hit's ``final`` does not
depend on its company. ``weight`` and ``temperature`` belong to a model and travel with its weights;
``benchmarks/fit_final.py`` chooses them on train splits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pertinent.errors import ModelError
from pertinent.search.fusion import RRF_BEST
from pertinent.types import Candidate, Score, logistic


@dataclass(frozen=True, slots=True)
class FinalFormula:
    """Constants of one reranker.

    Parameters
    ----------
    weight : float
        The reranker's share, in 0..1. The default trusts the reranker alone as far as it can
        without losing the first stage's word between equals.
    temperature : float
        Margins are divided by it; above 0.

    Examples
    --------
    >>> FinalFormula(weight=0.5).of(RRF_BEST, margin=0.0)
    0.75
    """

    weight: float = 0.9
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not (0 < self.weight <= 1 and self.temperature > 0):
            raise ModelError(
                f"The constants of the final formula are out of range (weight {self.weight}, "
                f"temperature {self.temperature}).",
                hint="Use 0 < weight <= 1 and temperature > 0.",
            )

    @classmethod
    def from_constants(cls, constants: Mapping[str, float]) -> FinalFormula:
        """Read what a model carries; missing names keep their defaults, others are refused."""
        try:
            return cls(**constants)
        except TypeError:
            raise ModelError(
                f"A model carries unknown constants ({', '.join(sorted(constants))}).",
                hint="The final formula knows weight and temperature.",
            ) from None

    def of(self, rrf: float, margin: float | None, best: float = RRF_BEST) -> float:
        """Value for one candidate; without a margin the reranker's share is 0.

        ``best`` is the largest ``rrf`` that there can be (see ``best_rrf``).
        """
        judged = 0.0 if margin is None else logistic(margin / self.temperature)
        return self.weight * judged + (1 - self.weight) * rrf / best

    def order(
        self, scored: list[tuple[Candidate, Score]], best: float = RRF_BEST
    ) -> list[tuple[Candidate, Score, float]]:
        """Candidates by falling ``final``; equals keep their first-stage order."""
        valued = [(c, s, self.of(c.rrf, s.margin, best)) for c, s in scored]
        return sorted(valued, key=lambda item: (-item[2], item[0].rank))
