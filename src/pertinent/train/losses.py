"""What a student is told to change: losses over the margins of queries and their passages.

==============  ======================================================================================
``bce``         binary cross-entropy with the label as a soft target: MemReranker, arXiv:2605.06132, whose
                labels are calibrated strengths; knowledge distillation, Hinton et al., arXiv:1503.02531
``mse``         squared error of sigmoid(margin) against the label: Prism-Reranker's point-wise part
``margin_mse``  squared error of differences of margins: Hofstätter et al. 2020, arXiv:2010.02666
``hinge``       pairs keep a distance of ``margin`` times the gap of their labels: Querit-Reranker,
                arXiv:2606.19037
``info_nce``    the answer against the other passages: van den Oord et al., arXiv:1807.03748; passages
                that may be answers too are masked as in Qwen3-Embedding, arXiv:2506.05176
==============  ======================================================================================

A pair's target is the teachers' label, else its judgement; a pair with neither, and a place that only fills
up a row, count nowhere. Each loss is a mean, so it does not grow with the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from pertinent.train.config import LossConfig

SMALLEST_LABEL = 1e-6
"""Labels are kept so far from 0 and 1 where their logit is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A batch as losses read it: Q queries with P passages each, the shorter rows filled up.

    Parameters
    ----------
    margins : float, shape (Q, P)
        What the student says.
    present : bool, shape (Q, P)
        Where there is a passage.
    labels : float, shape (Q, P)
        Target in 0..1; NaN where nothing is known.
    relevant : bool, shape (Q, P)
        Judged, or made, as an answer.
    judged : bool, shape (Q, P)
        Known to be an answer or none.
    scores : float, shape (Q, P)
        The student's score in the unit that the mask of ``info_nce`` has: cosine or probability.
    texts : int, shape (Q, P)
        Equal numbers are equal texts.
    every : tuple[Tensor, Tensor] | None
        Of an embedder: margins and scores of each query with all passages of the batch, both of shape
        (Q, Q * P), row after row.
    """

    margins: Tensor
    present: Tensor
    labels: Tensor
    relevant: Tensor
    judged: Tensor
    scores: Tensor
    texts: Tensor
    every: tuple[Tensor, Tensor] | None = None


Loss: TypeAlias = Callable[[Scored, LossConfig], Tensor]


def bce(scored: Scored, config: LossConfig) -> Tensor:
    """Cross-entropy between label and sigmoid(margin / temperature)."""
    known = _known(scored)
    margins = scored.margins[known] / config.temperature
    return _mean(functional.binary_cross_entropy_with_logits(margins, scored.labels[known], reduction="none"))


def mse(scored: Scored, config: LossConfig) -> Tensor:
    """Squared error of sigmoid(margin / temperature)."""
    known = _known(scored)
    return _mean((torch.sigmoid(scored.margins[known] / config.temperature) - scored.labels[known]) ** 2)


def margin_mse(scored: Scored, config: LossConfig) -> Tensor:
    """Squared error of the differences of margins of a query's passages.

    The teachers' margin is the logit of their label, times the temperature. All pairs of a query count, where
    the paper takes the answer and one other passage.
    """
    known = _known(scored)
    safe = torch.where(known, scored.labels, 0.5).clamp(SMALLEST_LABEL, 1 - SMALLEST_LABEL)
    distance = scored.margins - torch.logit(safe) * config.temperature
    pairs = torch.triu(known[:, :, None] & known[:, None, :], diagonal=1)
    return _mean((distance[:, :, None] - distance[:, None, :])[pairs] ** 2)


def hinge(scored: Scored, config: LossConfig) -> Tensor:
    """How much each pair of unequal labels lacks to a distance of ``margin`` times their gap."""
    known = _known(scored)
    labels = torch.where(known, scored.labels, 0.0)
    gap = labels[:, :, None] - labels[:, None, :]
    pairs = known[:, :, None] & known[:, None, :] & (gap > 0)
    distance = scored.margins[:, :, None] - scored.margins[:, None, :]
    return _mean(functional.relu(config.margin * gap - distance)[pairs])


def info_nce(scored: Scored, config: LossConfig) -> Tensor:
    """Cross-entropy of each answer against the passages that are none.

    These are the query's other passages and, of an embedder, those of the other queries in the batch. Left
    out are other answers, texts equal to the answer, and whatever is not judged and scored more than ``mask``
    above the answer.
    """
    queries, passages = scored.margins.shape
    every = scored.every
    margins, scores = (scored.margins, scored.scores) if every is None else every
    own_answers = scored.relevant & scored.present
    # Of each query: which columns may be negatives, which are judged, and what text they are.
    if every is None:
        usable, judged, texts = scored.present & ~own_answers, scored.judged, scored.texts
    else:
        own = torch.eye(queries, dtype=torch.bool, device=margins.device).repeat_interleave(passages, dim=1)
        usable = scored.present.reshape(1, -1) & ~(own & own_answers.reshape(1, -1))
        judged = own & scored.judged.reshape(1, -1)
        texts = scored.texts.reshape(1, -1).expand(queries, -1)
    query, place = own_answers.nonzero(as_tuple=True)
    if not len(query):
        return scored.margins.sum() * 0
    answer = scored.margins[query, place]
    likely = scores[query].detach() > scored.scores[query, place].detach()[:, None] + config.mask
    # A text that answers the query answers it under any other row too.
    answers = scored.texts.where(own_answers, -1)[query]
    equal = (texts[query][:, :, None] == answers[:, None, :]).any(2)
    negative = usable[query] & ~equal & ~(likely & ~judged[query])
    row = margins[query].masked_fill(~negative, -torch.inf) / config.temperature
    logits = torch.cat([answer[:, None] / config.temperature, row], dim=1)
    return _mean(torch.logsumexp(logits, dim=1) - logits[:, 0])


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {"bce": bce, "mse": mse, "margin_mse": margin_mse, "hinge": hinge, "info_nce": info_nce}
)


def mixture(losses: Sequence[LossConfig]) -> Callable[[Scored], tuple[Tensor, dict[str, Tensor]]]:
    """Add up losses by their weights.

    Parameters
    ----------
    losses : Sequence[LossConfig]
        Names, weights and constants.

    Returns
    -------
    Callable[[Scored], tuple[Tensor, dict[str, Tensor]]]
        Gives the sum, and each part before its weight, detached; a loss that stands twice is numbered.
    """
    names: list[str] = []
    for loss in losses:
        again = sum(name.partition("#")[0] == loss.name for name in names)
        names.append(f"{loss.name}#{again + 1}" if again else loss.name)

    def total(scored: Scored) -> tuple[Tensor, dict[str, Tensor]]:
        found = [LOSSES[loss.name](scored, loss) for loss in losses]
        weighted = torch.stack([loss.weight * value for loss, value in zip(losses, found, strict=True)])
        return weighted.sum(), {name: part.detach() for name, part in zip(names, found, strict=True)}

    return total


def _known(scored: Scored) -> Tensor:
    return scored.present & ~scored.labels.isnan()


def _mean(values: Tensor) -> Tensor:
    """Mean, and 0 of nothing, so that a batch without the pairs that a loss needs changes nothing."""
    return values.sum() / max(1, values.numel())
