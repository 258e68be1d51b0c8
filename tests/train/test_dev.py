"""Development metrics, and that saying nothing earns nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import nn

from pertinent.train.dev import measure_student
from pertinent.train.examples import Example, TrainingPassage
from pertinent.train.protocol import Margins


class Told(nn.Module):
    """A student that says of each passage what stands in its text."""

    tokenizer = b""
    config: dict[str, Any] = {}  # noqa: RUF012 (stands for a property)

    @property
    def module(self) -> nn.Module:
        return self

    def weights(self) -> dict[str, Any]:
        return {}

    def load(self, weights: Any) -> None:
        pass

    def margins(self, queries: Sequence[str], passages: Sequence[Sequence[str]]) -> Margins:
        assert not self.training
        assert not torch.is_grad_enabled()
        own = torch.tensor([[float(text) for text in row] for row in passages])
        return Margins(own, torch.sigmoid(own))


def example(*margins: float, answers: Sequence[bool | None] = (True, False, False)) -> Example:
    passages = (TrainingPassage(str(m), answer) for m, answer in zip(margins, answers, strict=True))
    return Example("query", tuple(passages), "own")


def test_means_over_queries() -> None:
    student = Told()
    student.train()
    found = measure_student(student, [example(3, 2, 1), example(2, 3, 1)])
    assert found["MRR@10"] == pytest.approx((1 + 1 / 2) / 2)
    assert found["nDCG@10"] == pytest.approx((1 + 1 / 1.5849625) / 2)
    assert student.training


def test_equal_margins_put_answers_last() -> None:
    assert measure_student(Told(), [example(1, 1, 1)])["MRR@10"] == pytest.approx(1 / 3)


def test_a_margin_that_is_no_number_is_the_worst() -> None:
    nan = float("nan")
    assert measure_student(Told(), [example(nan, nan, nan)])["MRR@10"] == pytest.approx(1 / 3)
    assert measure_student(Told(), [example(nan, 2, -1e30)])["MRR@10"] == pytest.approx(1 / 3)
    assert measure_student(Told(), [example(0, nan, nan)])["MRR@10"] == 1


def test_labels_stand_in_for_judgements() -> None:
    passages = (TrainingPassage("1", None, label=0.2), TrainingPassage("2", None, label=0.8))
    assert measure_student(Told(), [Example("query", passages, "own")])["MRR@10"] == 1


def test_examples_without_an_answer_count_nowhere() -> None:
    silent = example(1, 2, 3, answers=(False, None, False))
    assert measure_student(Told(), [silent]) == {}
    assert measure_student(Told(), [silent, example(3, 2, 1)])["MRR@10"] == 1
