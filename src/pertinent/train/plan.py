"""What a training run would do, and about how long it would take, before it does anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from pertinent.errors import UsageError
from pertinent.train.base import find_base
from pertinent.train.config import TrainConfig
from pertinent.train.data_config import DataConfig
from pertinent.train.examples import Example, TrainingPassage
from pertinent.train.losses import mixture
from pertinent.train.place import Place
from pertinent.train.sources import open_examples, open_texts
from pertinent.train.stages import TrainingRun
from pertinent.train.students import open_student
from pertinent.train.targets import with_targets
from pertinent.train.teachers import open_teacher

SENTENCE = "Patients who took the medicine for a year had fewer strokes than those who took none. "
TIMED_PASSAGES = 16
TIMED_SECONDS = 3.0
"""Of one pace at least, after one turn that is not counted."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do.

    Parameters
    ----------
    stages : tuple[str, ...]
        In their order.
    examples : int
        Judged queries, and texts whose queries are written.
    pairs : int
        Of query and passage once negatives are mined.
    teacher_pairs : int
        Scored by teachers, all together.
    training_pairs : int
        Read by the student, forward and backward.
    asked_texts : int
        Whose passages a provider is asked about.
    teacher_seconds, training_seconds : float
        At the pace measured now on texts as long as the student's window.
    """

    stages: tuple[str, ...]
    examples: int
    pairs: int
    teacher_pairs: int
    training_pairs: int
    asked_texts: int
    teacher_seconds: float
    training_seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"Stages: {', '.join(self.stages)}"
        yield f"Examples: {self.examples:,}, with {self.pairs:,} pairs of query and passage"
        if self.asked_texts:
            yield f"A provider is asked about the passages of {self.asked_texts:,} texts"
        if self.teacher_pairs:
            yield f"Teachers score {self.teacher_pairs:,} pairs: about {_minutes(self.teacher_seconds)}"
        yield f"The student reads {self.training_pairs:,} pairs: about {_minutes(self.training_seconds)}"


def plan(config: TrainConfig, place: Place) -> Plan:
    """Count what a configuration asks for, and time a few batches of it.

    Parameters
    ----------
    config : TrainConfig
        What is asked.
    place : Place
        Where data and weights lie.

    Raises
    ------
    UsageError
        If data, base or a teacher is not found.
    """
    run = TrainingRun(config, place)
    examples = passages = asked = 0
    for data in config.data:
        queries, of_them = _counted(data, config, place)
        examples, passages = examples + queries, passages + of_them
        if data.queries == "synthesise" and config.synthesise and config.synthesise.provider:
            asked += queries // config.synthesise.per_text
    if not examples:
        raise UsageError("The data gives no examples.", hint="Name at least one set under [[data]].")
    pairs = passages + examples * (config.mine.negatives if config.mine else 0)
    teachers = config.label.teachers if config.label else ()
    distil = config.distil
    training = distil.steps * distil.accumulation * distil.queries * distil.passages
    text = _text(config.student.max_tokens)
    teacher_pace = {name: _teacher_pace(name, text) for name in teachers}
    return Plan(
        run.stages,
        examples,
        pairs,
        pairs * len(teachers),
        training,
        asked,
        sum(pairs / pace for pace in teacher_pace.values()),
        training / _student_pace(config, place, text),
    )


def _counted(data: DataConfig, config: TrainConfig, place: Place) -> tuple[int, int]:
    if data.queries == "judged":
        counts = [len(example.passages) for example in open_examples(data, place.data)]
        return len(counts), sum(counts)
    texts = sum(1 for _ in open_texts(data, place.data))
    written = texts * (config.synthesise.per_text if config.synthesise else 1)
    return written, written


def _text(tokens: int) -> str:
    return SENTENCE * max(1, tokens // 17)


def _teacher_pace(name: str, text: str) -> float:
    """Pairs a second."""
    teacher = open_teacher(name, cached=False)
    texts = [f"{number} {text}" for number in range(TIMED_PASSAGES)]
    return TIMED_PASSAGES / _seconds(lambda: teacher.score("does it prevent strokes?", texts))


def _student_pace(config: TrainConfig, place: Place, text: str) -> float:
    """Pairs a second, forward and backward."""
    import torch

    student = open_student(config.student, find_base(config.student.base, place.weights), seed=config.seed)
    student.module.train()
    loss = mixture(config.distil.losses)
    answer, *others = (
        TrainingPassage(f"{number} {text}", number == 0, label=1 / (1 + number)) for number in range(4)
    )
    examples = [Example(f"does it prevent strokes {n}?", (answer, *others), "plan") for n in range(4)]

    def turn() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=config.distil.precision == "bfloat16"):
            margins = student.margins(
                [example.query for example in examples],
                [[passage.text for passage in example.passages] for example in examples],
            )
            total, _ = loss(with_targets(examples, margins))
        total.backward()  # type: ignore[no-untyped-call]

    return 16 / _seconds(turn)


def _seconds(turn: Callable[[], object]) -> float:
    """Mean of one turn."""
    turn()
    begun, taken = time.perf_counter(), []
    while time.perf_counter() - begun < TIMED_SECONDS:
        at = time.perf_counter()
        turn()
        taken.append(time.perf_counter() - at)
    return fmean(taken)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
