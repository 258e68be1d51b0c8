"""Examples as tensors."""

from __future__ import annotations

import torch

from pertinent.train.examples import Example, TrainingPassage
from pertinent.train.protocol import Margins
from pertinent.train.targets import with_targets


def test_what_is_known_stands_where_the_passage_stands() -> None:
    examples = [
        Example(
            "q",
            (TrainingPassage("a", True, label=0.8), TrainingPassage("b"), TrainingPassage("c", False)),
            "own",
        ),
        Example("r", (TrainingPassage("b", True),), "own"),
    ]
    own = torch.arange(6.0).view(2, 3)
    found = with_targets(examples, Margins(own, own / 10))
    assert found.present.tolist() == [[True, True, True], [True, False, False]]
    assert found.relevant.tolist() == [[True, False, False], [True, False, False]]
    assert found.judged.tolist() == [[True, False, True], [True, False, False]]
    assert found.texts.tolist() == [[0, 1, 2], [1, -1, -1]]
    assert torch.equal(found.labels.nan_to_num(-1), torch.tensor([[0.8, -1, 0], [1, -1, -1]]))
    assert found.margins is own
