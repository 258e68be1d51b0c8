from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from pertinent.errors import ModelError
from pertinent.serve.engines import ServedModel
from pertinent.serve.metrics import Metrics
from pertinent.serve.options import Limits
from pertinent.serve.queued_reranker import TURN, QueuedReranker, Turn
from pertinent.serve.runners import Wanted
from support.fakes import WordOverlap
from support.held_model import HeldModel

TEXTS = ["metformin lowers glucose", "rain"]


@pytest.fixture
def turn() -> Iterator[Turn]:
    mine = Turn("somebody", 30)
    token = TURN.set(mine)
    yield mine
    TURN.reset(token)


def test_scores_are_those_of_the_model_and_progress_is_told(turn: Turn) -> None:
    scorer = WordOverlap()
    served = ServedModel(scorer, Metrics())
    told: list[tuple[int, int]] = []
    queued = QueuedReranker(served)
    scores = queued.score("glucose", TEXTS, progress=lambda *of: told.append(of))
    assert scores == WordOverlap().score("glucose", TEXTS)
    assert told == [(2, 2)]
    assert queued.model is scorer.model
    served.batcher.close()


@pytest.fixture
def held() -> Iterator[tuple[HeldModel, ServedModel]]:
    """A model that answers nobody until it is let, and a queue with room for little."""
    model = HeldModel()
    served = ServedModel(model, Metrics(), limits=Limits(queue_tokens=1, client_queue_tokens=1))
    model.hold()
    yield model, served
    model.go.set()
    served.batcher.close()


def submitted(model: HeldModel, served: ServedModel) -> None:
    """A job that the model is held in."""
    served.submit("other", served.read(Wanted(("first",), ("q",))))
    while not model.calls:
        time.sleep(0.001)


def test_a_full_queue_is_an_error_of_the_model(held: tuple[HeldModel, ServedModel], turn: Turn) -> None:
    model, served = held
    submitted(model, served)
    served.submit("other", served.read(Wanted(("waits",), ("q",))))
    with pytest.raises(ModelError, match="wait for the model"):
        QueuedReranker(served).score("q", TEXTS)


def test_what_nobody_waits_for_leaves_the_queue(held: tuple[HeldModel, ServedModel]) -> None:
    model, served = held
    submitted(model, served)
    token = TURN.set(Turn("somebody", 0.05))
    with pytest.raises(ModelError, match="longer than the time"):
        QueuedReranker(served).score("q", TEXTS)
    TURN.reset(token)
    assert served.batcher.queued_tokens == 0


def test_who_has_left_before_it_is_queued_waits_for_nothing(held: tuple[HeldModel, ServedModel]) -> None:
    model, served = held
    submitted(model, served)
    turn = Turn("somebody", 30)
    turn.leave()
    turn.begin(served, served.submit("somebody", served.read(Wanted(tuple(TEXTS), ("q",)))))
    assert served.batcher.queued_tokens == 0
