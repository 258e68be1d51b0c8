"""Work saved over sampling: how much of a set nobody needs to read.

Source: Cohen, Hersh, Peterson and Yen, "Reducing workload in systematic review preparation using
automated citation classification", JAMIA 13(2), 2006. At recall ``r``::

    WSS@r = (TN + FN) / N - (1 - r)

Here the documents are read from the head of a ranking until ``ceil(r * R)`` of the ``R`` relevant ones
are found, at some rank ``n``. What stands behind it is never read, so ``TN + FN = N - n``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkSaved:
    """The measure at one level of recall.

    Parameters
    ----------
    recall_percent : int
        Share of the relevant documents that must be found, from 1 to 100.
    """

    recall_percent: int = 95

    def of(self, ranking: Sequence[str], relevant: Collection[str]) -> float:
        """Value for one query.

        Parameters
        ----------
        ranking : Sequence[str]
            Ids of all documents of the set, best first; its length is ``N``.
        relevant : Collection[str]
            Ids of the relevant ones.

        Returns
        -------
        float
            At most ``recall_percent / 100``; 0 is what reading in random order gives, and below it is
            worse. Where the ranking lacks too many relevant documents, all of it was read. 0 where there
            is no ranking or nothing relevant.

        Examples
        --------
        >>> WorkSaved(95).of(["a", "b", "c", "d"], {"a", "b"})
        0.45
        """
        if not ranking or not relevant:
            return 0.0
        needed = -(-self.recall_percent * len(relevant) // 100)  # in whole numbers: 0.95 * 20 may not be 19
        found = (rank for rank, document in enumerate(ranking, start=1) if document in relevant)
        read = next((rank for count, rank in enumerate(found, start=1) if count == needed), len(ranking))
        return (self.recall_percent * len(ranking) - 100 * read) / (100 * len(ranking))
