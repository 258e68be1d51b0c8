"""Each loss against a plain loop over pairs, what it does not depend on, and where its gradient points."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pertinent.train.config import LossConfig
from pertinent.train.losses import LOSSES, Scored, mixture

NAMES = sorted(LOSSES)


def config(name: Any, **values: float) -> LossConfig:
    return LossConfig(name=name, **values)


def scored(
    margins: Any,
    labels: Any = None,
    relevant: Any = None,
    present: Any = None,
    judged: Any = None,
    texts: Any = None,
    scores: Any = None,
    every: Any = None,
) -> Scored:
    found = torch.as_tensor(margins, dtype=torch.float64)
    full = torch.full_like(found, torch.nan)
    answers = torch.zeros_like(found, dtype=torch.bool) if relevant is None else torch.as_tensor(relevant)
    return Scored(
        margins=found,
        present=torch.ones_like(answers) if present is None else torch.as_tensor(present),
        labels=full if labels is None else torch.as_tensor(labels, dtype=torch.float64),
        relevant=answers,
        judged=torch.ones_like(answers) if judged is None else torch.as_tensor(judged),
        scores=torch.sigmoid(found) if scores is None else torch.as_tensor(scores, dtype=torch.float64),
        texts=torch.arange(found.numel()).view(found.shape) if texts is None else torch.as_tensor(texts),
        every=every,
    )


@st.composite
def batches(draw: st.DrawFn) -> Scored:
    """Rows of any lengths, with labels that may be unknown."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 6)))
    present = generator.random(shape) < 0.8
    labels = np.where(generator.random(shape) < 0.8, generator.random(shape), np.nan)
    return scored(
        generator.normal(scale=3, size=shape),
        labels,
        relevant=generator.random(shape) < 0.3,
        present=present,
        judged=generator.random(shape) < 0.5,
        texts=generator.integers(0, 12, shape),
    )


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def mean(values: list[float]) -> float:
    return sum(values) / max(1, len(values))


def known_rows(batch: Scored) -> list[list[tuple[float, float]]]:
    """(margin, label) of the pairs that count, by query."""
    return [
        [
            (float(batch.margins[q, p]), float(batch.labels[q, p]))
            for p in range(batch.margins.shape[1])
            if batch.present[q, p] and not math.isnan(batch.labels[q, p])
        ]
        for q in range(batch.margins.shape[0])
    ]


def by_loop(batch: Scored, loss: LossConfig) -> float:
    rows, t = known_rows(batch), loss.temperature
    pairs = [pair for row in rows for pair in row]
    if loss.name == "bce":
        return mean(
            [-y * math.log(sigmoid(m / t)) - (1 - y) * math.log(1 - sigmoid(m / t)) for m, y in pairs]
        )
    if loss.name == "mse":
        return mean([(sigmoid(m / t) - y) ** 2 for m, y in pairs])
    if loss.name == "margin_mse":
        logits = [[(m, t * math.log(y / (1 - y))) for m, y in row] for row in rows]
        return mean(
            [
                ((a[0] - b[0]) - (a[1] - b[1])) ** 2
                for row in logits
                for i, a in enumerate(row)
                for b in row[i + 1 :]
            ]
        )
    if loss.name == "hinge":
        return mean(
            [
                max(0.0, loss.margin * (a[1] - b[1]) - (a[0] - b[0]))
                for row in rows
                for a in row
                for b in row
                if a[1] > b[1]
            ]
        )
    return nce_by_loop(batch, loss)


def nce_by_loop(batch: Scored, loss: LossConfig) -> float:
    found = []
    queries, passages = batch.margins.shape
    cells = [(q, p) for q in range(queries) for p in range(passages) if batch.present[q, p]]
    for q in range(queries):
        answers = [p for r, p in cells if r == q and batch.relevant[q, p]]
        for p in answers:
            negatives = []
            for r, other in cells:
                if r != q and batch.every is None:
                    continue
                if (r == q and other in answers) or any(
                    batch.texts[r, other] == batch.texts[q, answer] for answer in answers
                ):
                    continue
                column = r * passages + other
                margin, score = (
                    (batch.margins[q, other], batch.scores[q, other])
                    if batch.every is None
                    else (batch.every[0][q, column], batch.every[1][q, column])
                )
                sure = r == q and bool(batch.judged[q, other])
                if not sure and score > batch.scores[q, p] + loss.mask:
                    continue
                negatives.append(math.exp(float(margin) / loss.temperature))
            answer = math.exp(float(batch.margins[q, p]) / loss.temperature)
            found.append(-math.log(answer / (answer + sum(negatives))))
    return mean(found)


@pytest.mark.parametrize("name", NAMES)
@given(batch=batches(), temperature=st.sampled_from([0.5, 1.0, 2.0]))
def test_equals_a_plain_loop(name: str, batch: Scored, temperature: float) -> None:
    loss = config(name, temperature=temperature)
    assert float(LOSSES[name](batch, loss)) == pytest.approx(by_loop(batch, loss), rel=1e-6)


@given(seed=st.integers(0, 2**32))
def test_an_embedder_learns_from_the_whole_batch(seed: int) -> None:
    generator = np.random.default_rng(seed)
    queries, passages = 3, 2
    cosines = generator.uniform(-1, 1, (queries, queries * passages))
    own = np.stack([cosines[q, q * passages : (q + 1) * passages] for q in range(queries)])
    batch = scored(
        own * 20,
        relevant=generator.random(own.shape) < 0.5,
        present=generator.random(own.shape) < 0.8,
        judged=generator.random(own.shape) < 0.5,
        texts=generator.integers(0, 5, own.shape),
        scores=own,
        every=(torch.tensor(cosines * 20), torch.tensor(cosines)),
    )
    loss = config("info_nce")
    assert float(LOSSES["info_nce"](batch, loss)) == pytest.approx(
        nce_by_loop(batch, loss), rel=1e-6, abs=1e-9
    )


@pytest.mark.parametrize("name", NAMES)
@given(batch=batches(), noise=st.floats(-50, 50))
def test_places_that_are_filled_up_count_nowhere(name: str, batch: Scored, noise: float) -> None:
    loss = config(name)
    expected = LOSSES[name](batch, loss)
    batch.margins[~batch.present] = noise
    batch.labels[~batch.present] = 0.3
    batch.relevant[~batch.present] = True
    assert float(LOSSES[name](batch, loss)) == float(expected)


@pytest.mark.parametrize("name", ["margin_mse", "hinge", "info_nce"])
@given(batch=batches(), shift=st.floats(-5, 5))
def test_losses_of_orders_do_not_depend_on_a_query_s_level(name: str, batch: Scored, shift: float) -> None:
    loss = config(name)
    expected = float(LOSSES[name](batch, loss))
    batch.margins[0] += shift
    assert float(LOSSES[name](batch, loss)) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_lifts_the_answer(name: str) -> None:
    margins = torch.zeros(1, 3, requires_grad=True, dtype=torch.float64)
    batch = scored(margins, [[0.9, 0.1, torch.nan]], relevant=[[True, False, False]])
    LOSSES[name](batch, config(name)).backward()  # type: ignore[no-untyped-call]
    assert margins.grad is not None
    answer, other, unlabelled = margins.grad[0].tolist()
    assert answer < 0 < other
    assert (unlabelled > 0) is (name == "info_nce")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_known_changes_nothing(name: str) -> None:
    margins = torch.ones(2, 2, requires_grad=True, dtype=torch.float64)
    value = LOSSES[name](scored(margins), config(name))
    value.backward()  # type: ignore[no-untyped-call]
    assert float(value.detach()) == 0
    assert margins.grad is not None
    assert margins.grad.abs().sum() == 0


def test_targets_that_are_met_cost_nothing() -> None:
    labels = torch.tensor([[0.9, 0.4, 0.2]], dtype=torch.float64)
    batch = scored(torch.logit(labels), labels)
    for name in ("mse", "margin_mse", "hinge"):
        assert float(LOSSES[name](batch, config(name))) == pytest.approx(0, abs=1e-12)


def test_labels_at_the_ends_stay_finite() -> None:
    batch = scored([[40.0, -40.0]], [[0.0, 1.0]])
    assert all(math.isfinite(float(LOSSES[name](batch, config(name)))) for name in NAMES)


def test_likely_answers_are_masked_unless_they_are_judged() -> None:
    def value(judged: bool, mask: float) -> float:
        batch = scored([[0.0, 3.0]], relevant=[[True, False]], judged=[[True, judged]])
        return float(LOSSES["info_nce"](batch, config("info_nce", mask=mask)))

    assert value(False, 0.1) == 0
    assert value(True, 0.1) == value(False, 1.0) == pytest.approx(math.log(1 + math.e**3))


def test_a_mixture_adds_by_weight_and_tells_the_parts() -> None:
    batch = scored([[1.0, -1.0]], [[0.9, 0.2]], relevant=[[True, False]])
    parts = [config("bce"), config("hinge", weight=0.5), config("hinge", weight=2.0, margin=4.0)]
    total, told = mixture(parts)(batch)
    assert list(told) == ["bce", "hinge", "hinge#2"]
    expected = sum(part.weight * value for part, value in zip(parts, told.values(), strict=True))
    assert float(total) == pytest.approx(float(expected))
