"""What a configuration refuses before anything runs."""

from __future__ import annotations

import pytest

from pertinent.errors import UsageError
from pertinent.train.config import TrainConfig, parse_config

NEEDED = """
folder = "work"
student = { kind = "embedder", base = "minilm" }
distil = { steps = 10, losses = [{ name = "info_nce" }] }
"""


def parsed(section: str) -> TrainConfig:
    return parse_config(f"{NEEDED}\n{section}")


def test_a_merge_with_a_searched_share() -> None:
    merge = parsed('[merge]\ncheckpoints = ["one"]\nsearch = [{ path = "medquad", split = "dev" }]').merge
    assert merge is not None
    assert [(data.path, data.split) for data in merge.search] == [("medquad", "dev")]


@pytest.mark.parametrize(
    "section",
    [
        '[merge]\ncheckpoints = ["one"]\nweights = [inf, 1]',
        '[export]\nname = "a"\ncalibration = { bias = nan }',
        '[export]\nname = "a"\nfinal = { weight = 0.5, temperature = inf }',
        "[label]\nteachers = []\ntemperature = inf",
    ],
)
def test_numbers_without_end_are_refused(section: str) -> None:
    with pytest.raises(UsageError, match="finite number"):
        parsed(section)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('checkpoints = ["one"]\nweights = [1, 2]\nsearch = [{ path = "set" }]', "leave one of the two out"),
        ('checkpoints = ["one", "two"]\nsearch = [{ path = "set" }]', "share of one checkpoint"),
        ('checkpoints = ["one"]\nsearch = [{ path = "set", queries = "synthesise" }]', "judged sets"),
        ('checkpoints = ["one"]\nweights = [1, 2, 3]', "one for the student"),
        ('checkpoints = ["one"]\nweights = [1, 0]', "greater than 0"),
        ('with = ["one"]', "with"),
    ],
)
def test_merges_that_cannot_be_made(settings: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parsed(f"[merge]\n{settings}")
