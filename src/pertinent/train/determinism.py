"""What decides the weights of a run, and the seeds that follow from it."""

from __future__ import annotations

import json
from hashlib import sha256

from pertinent.train.config import TrainConfig

LIMIT_OF_SEEDS = 1 << 63


def identity(config: TrainConfig, examples: str) -> str:
    """Hash of what decides a run's weights: settings, seed and the digest of its examples."""
    settings = config.distil.model_dump(exclude={"save_every", "dev"})
    decides = [config.seed, config.student.model_dump(exclude_defaults=True), settings, examples]
    return sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


def drawn_seed(seed: int, number: int) -> int:
    """Seed of what is drawn while one batch is learnt.

    Examples
    --------
    >>> drawn_seed(1, 2) == drawn_seed(1, 2) != drawn_seed(2, 1)
    True
    """
    digest = sha256(f"{seed} {number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % LIMIT_OF_SEEDS
