"""How fast a run learns at each step."""

from __future__ import annotations


def learning_rate(step: int, *, steps: int, highest: float, warmup: float) -> float:
    """Rate of a step, counted from 0: a linear rise over a share of the steps, then a linear fall to zero.

    Goyal et al. 2017 (arXiv:1706.02677) warm up; BERT (arXiv:1810.04805) falls so.

    Examples
    --------
    >>> [learning_rate(step, steps=8, highest=1.0, warmup=0.25) for step in (0, 1, 2, 5, 7)]
    [0.5, 1.0, 1.0, 0.5, 0.16666666666666666]
    """
    rising = int(warmup * steps)
    if step < rising:
        return highest * (step + 1) / rising
    return highest * (steps - step) / (steps - rising)
