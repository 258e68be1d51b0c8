"""What examples say of their pairs, as the tensors that losses read."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from pertinent.train.examples import Example, TrainingPassage
from pertinent.train.losses import Scored
from pertinent.train.protocol import Margins


def target(passage: TrainingPassage) -> float:
    """Soft label, else what was judged, else NaN.

    Examples
    --------
    >>> target(TrainingPassage("text", True)), target(TrainingPassage("text", True, label=0.7))
    (1.0, 0.7)
    """
    if passage.label is not None:
        return passage.label
    return math.nan if passage.relevant is None else float(passage.relevant)


def with_targets(examples: Sequence[Example], margins: Margins) -> Scored:
    """Put what is known of a batch beside what a student says of it."""
    device = margins.own.device
    longest = margins.own.shape[1]
    numbers: dict[str, int] = {}

    def rows(value: Callable[[TrainingPassage], float], missing: float, dtype: torch.dtype) -> Tensor:
        filled = [
            [value(each) for each in example.passages] + [missing] * (longest - len(example.passages))
            for example in examples
        ]
        return torch.tensor(filled, dtype=dtype, device=device)

    return Scored(
        margins=margins.own,
        present=rows(lambda _: True, False, torch.bool),
        labels=rows(target, math.nan, torch.float32),
        relevant=rows(lambda each: bool(each.relevant), False, torch.bool),
        judged=rows(lambda each: each.relevant is not None, False, torch.bool),
        scores=margins.scores,
        texts=rows(lambda each: numbers.setdefault(each.text, len(numbers)), -1, torch.int64),
        every=margins.every,
    )
